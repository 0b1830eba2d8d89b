import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ask, keepLog, quick, temporaryFolder } from '../../../testing/embedded.ts'
import { linkLibraries } from './binaries.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { boundLogFile } from './postgres-log.ts'
import { findPostmaster } from './postmaster.ts'

describe('what a crash of the machine leaves', () => {
  let temporary: Awaited<ReturnType<typeof temporaryFolder>>
  let pidFile: string
  let genuine: string
  let stranger: ChildProcess

  const start = (): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({ dataDir: temporary.path, log: keepLog(), settings: quick })

  before(async () => {
    temporary = await temporaryFolder()
    const server = await start()
    pidFile = join(temporary.path, 'postgres', 'postmaster.pid')
    genuine = await readFile(pidFile, 'utf8')
    await server.stop()
    // Of PostgreSQL's own user and in its own folder: all that its number alone could be asked for.
    const { uid, gid } = await stat(join(temporary.path, 'postgres'))
    stranger = spawn('sleep', ['60'], { cwd: join(temporary.path, 'postgres'), stdio: 'ignore', uid, gid })
    await once(stranger, 'spawn')
  })
  after(async () => {
    stranger.kill('SIGKILL')
    await temporary.remove()
  })

  const startsOver = async (): Promise<void> => {
    assert.equal(await findPostmaster(join(temporary.path, 'postgres')), null)
    const server = await start()
    assert.deepEqual(await ask(server.connection, 'select 1 as alive'), { alive: 1 })
    assert.notEqual(server.pid(), stranger.pid)
    await server.stop()
    assert.equal(stranger.exitCode ?? stranger.signalCode, null)
  }

  test('a postmaster.pid whose number a stranger bears now does not stop the start, nor is he harmed', async () => {
    await writeFile(pidFile, genuine.replace(/^\d+/, String(stranger.pid)))
    await startsOver()
  })

  test('a postmaster.pid whose number nobody bears does not stop the start', async () => {
    await writeFile(pidFile, genuine.replace(/^\d+/, '4194304'))
    await startsOver()
  })

  test('an empty postmaster.pid does not stop the start', async () => {
    await writeFile(pidFile, '')
    await startsOver()
  })
})

describe('files', () => {
  let temporary: Awaited<ReturnType<typeof temporaryFolder>>
  before(async () => {
    temporary = await temporaryFolder()
  })
  after(() => temporary.remove())

  test('a log grown beyond five megabytes begins anew, with one predecessor', async () => {
    const path = join(temporary.path, 'postgres.log')
    await boundLogFile(path)
    await appendFile(path, 'small')
    await boundLogFile(path)
    assert.deepEqual(await readdir(temporary.path), ['postgres.log'])
    await appendFile(path, Buffer.alloc(5_000_000))
    await boundLogFile(path)
    assert.equal((await stat(path)).size, 0)
    assert.equal((await stat(`${path}.1`)).size, 5_000_005)
  })

  test('links that npm did not make for want of install scripts are made', async () => {
    const lib = join(temporary.path, 'native', 'lib')
    await mkdir(lib, { recursive: true })
    await writeFile(join(lib, 'libpq.so.5.18'), '')
    const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]
    await writeFile(join(temporary.path, 'native', 'pg-symlinks.json'), JSON.stringify(links))
    await linkLibraries(temporary.path)
    await linkLibraries(temporary.path)
    assert.equal(await readlink(join(lib, 'libpq.so.5')), 'libpq.so.5.18')
  })
})
