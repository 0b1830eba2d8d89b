// A process that queues a job, takes it, says so on its standard output and works until it is killed.
import { openDb } from '#server/kernel/db.ts'
import { openJobs } from '#server/kernel/jobs.ts'
import { makeLog } from '#server/kernel/log.ts'

const [address = '', id = ''] = process.argv.slice(2)
const log = makeLog('silent')
const db = openDb(JSON.parse(address), log)
const jobs = openJobs(JSON.parse(address), log)
jobs.handle('long', { maxSeconds: 600 }, async () => {
  process.stdout.write('working\n')
  await new Promise(() => setInterval(() => undefined, 1000))
})
await jobs.start()
await db.install((tx) => jobs.enqueue(tx, 'long', { id }))
