// A process that posts one letter and is killed as soon as its transaction has committed.
import { startMailWorld } from './mail-world.ts'

const [address = '', smtpUrl = '', subject = ''] = process.argv.slice(2)
const world = await startMailWorld({ address: JSON.parse(address), smtpUrl })
await world.send({ subject })
process.kill(process.pid, 'SIGKILL')
