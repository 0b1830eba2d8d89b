import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import pg from 'pg'
import { createDatabase, type TestDatabase } from '../../testing/database.ts'
import { listeningLog, until } from '../../testing/mail-world.ts'
import { monotonicMs } from './clock.ts'
import { openDb } from './db.ts'
import { newId } from './ids.ts'
import { openJobs } from './jobs.ts'
import { makeLog } from './log.ts'

const silent = makeLog('silent')

function withDatabase(name: string, prove: (database: TestDatabase) => Promise<void>): () => Promise<void> {
  return async () => {
    const database = await createDatabase(name)
    try {
      await prove(database)
    } finally {
      await database.drop()
    }
  }
}

// Each test has a database of its own, so the slow ones wait side by side.
test('jobs', { concurrency: true }, async (t) => {
  const proofs = [
    t.test(
      'a job is queued with its transaction or not at all',
      withDatabase('jobs_tx', async ({ connection }) => {
        const db = openDb(connection, silent)
        const jobs = openJobs(connection, silent)
        const seen: string[] = []
        jobs.handle('note', { maxSeconds: 60 }, async ({ id = '' }) => void seen.push(id))
        await jobs.start()
        const [kept, lost] = [newId('note'), newId('note')]
        const failing = db.install(async (tx) => {
          await jobs.enqueue(tx, 'note', { id: lost })
          throw new Error('rolled back')
        })
        await assert.rejects(failing, /rolled back/)
        await db.install((tx) => jobs.enqueue(tx, 'note', { id: kept }))
        await until(() => seen.length > 0)
        assert.deepEqual(seen, [kept])
        await jobs.stop()
        await db.close()
      })
    ),
    t.test(
      'a job takes ids and nothing else',
      withDatabase('jobs_ids', async ({ connection }) => {
        const db = openDb(connection, silent)
        const jobs = openJobs(connection, silent)
        jobs.handle('note', { maxSeconds: 60 }, async () => undefined)
        await jobs.start()
        for (const id of ['482916', 'jane@example.com', ''])
          await assert.rejects(
            db.install((tx) => jobs.enqueue(tx, 'note', { id })),
            /not an id/
          )
        await jobs.stop()
        await db.close()
      })
    ),
    t.test(
      'a job that fails is tried again, and what it threw is not kept in the database',
      withDatabase('jobs_retry', async ({ connection }) => {
        const db = openDb(connection, silent)
        const { log, lines } = listeningLog()
        const jobs = openJobs(connection, log)
        let runs = 0
        jobs.handle('note', { maxSeconds: 60 }, async () => {
          if (++runs === 1) throw new Error('a thing to hide')
        })
        await jobs.start()
        await db.install((tx) => jobs.enqueue(tx, 'note', { id: newId('note') }))
        await until(() => runs === 1)
        const client = new pg.Client(connection)
        await client.connect()
        const read = () => client.query('select state, output::text as output from pgboss.job')
        await until(async () => (await read()).rows[0]?.state === 'retry')
        assert.doesNotMatch((await read()).rows[0]?.output, /hide/)
        assert.ok(lines.some(({ msg }) => msg === 'a job failed and will be tried again'))
        await client.end()
        await until(() => runs === 2, 15_000)
        await jobs.stop()
        await db.close()
      })
    ),
    t.test(
      'the job of a process that is killed runs again within 60 s of the next start',
      withDatabase('jobs_kill', async ({ connection }) => {
        const id = newId('note')
        const child = spawn(process.execPath, ['testing/killed-worker.ts', JSON.stringify(connection), id])
        const seen: string[] = []
        const jobs = openJobs(connection, silent)
        jobs.handle('long', { maxSeconds: 600 }, async (ids) => void seen.push(ids.id ?? ''))
        await once(child.stdout, 'data')
        child.kill('SIGKILL')
        await once(child, 'exit')
        const startedMs = monotonicMs()
        await jobs.start()
        await until(() => seen.length > 0, 60_000)
        assert.deepEqual(seen, [id])
        t.diagnostic(`ran again after ${Math.round((monotonicMs() - startedMs) / 1000)} s`)
        await jobs.stop()
      })
    ),
    t.test(
      'background work outlives an outage of the database and goes on by itself',
      withDatabase('jobs_outage', async ({ connection, superuser }) => {
        const db = openDb(connection, silent)
        const { log, lines } = listeningLog()
        const jobs = openJobs(connection, log)
        const seen: string[] = []
        jobs.handle('note', { maxSeconds: 60 }, async ({ id = '' }) => void seen.push(id))
        await jobs.start()
        const away = new pg.Client({ ...superuser, database: 'postgres' })
        await away.connect()
        await away.query(`alter database ${connection.database} allow_connections false`)
        await away.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
          connection.database
        ])
        await until(() => lines.some(({ level }) => level === 'warn'), 20_000)
        await away.query(`alter database ${connection.database} allow_connections true`)
        await away.end()
        const id = newId('note')
        await db.install((tx) => jobs.enqueue(tx, 'note', { id }))
        await until(() => seen.includes(id), 20_000)
        await jobs.stop()
        await db.close()
      })
    ),
    t.test(
      'stopping waits for the running job',
      withDatabase('jobs_stop', async ({ connection }) => {
        const db = openDb(connection, silent)
        const jobs = openJobs(connection, silent)
        let state = 'none'
        jobs.handle('note', { maxSeconds: 60 }, async () => {
          state = 'running'
          await new Promise((resolve) => setTimeout(resolve, 700))
          state = 'done'
        })
        await jobs.start()
        await db.install((tx) => jobs.enqueue(tx, 'note', { id: newId('note') }))
        await until(() => state === 'running')
        await jobs.stop()
        assert.equal(state, 'done')
        await db.close()
      })
    ),
    t.test(
      'periodic work runs at the start and once per interval over two processes together',
      withDatabase('jobs_every', async ({ connection }) => {
        let runs = 0
        const open = () => {
          const jobs = openJobs(connection, silent)
          jobs.every('round', 3, async () => void runs++)
          return jobs
        }
        const [one, other] = [open(), open()]
        await one.start()
        await until(() => runs >= 1)
        await other.start()
        await new Promise((resolve) => setTimeout(resolve, 7_500))
        await Promise.all([one.stop(), other.stop()])
        // One at each start and two or three slots.
        assert.ok(runs >= 3 && runs <= 5, `${runs} runs`)
      })
    )
  ]
  await Promise.all(proofs)
})
