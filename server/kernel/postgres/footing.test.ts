import assert from 'node:assert/strict'
import { chmod, chown, lstat, mkdir, readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ask, keepLog, processesIn, quick, spawnServer, temporaryFolder } from '../../../testing/embedded.ts'
import { otherUserIsBarred } from '../../../testing/other-user.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { effectiveUid, findUnprivilegedUser, runAsUser } from './unprivileged.ts'

const isRoot = effectiveUid() === 0
const needsRoot = isRoot ? false : 'only root can hand over to another user'
const needsNamespaces =
  isRoot && (await runAsUser({ way: 'namespace', uid: 1, gid: 1 }, '/bin/sh', ['-c', ':'])) === null
    ? false
    : 'user namespaces are not allowed here'
const needsOthers = await otherUserIsBarred()

let temporary: Awaited<ReturnType<typeof temporaryFolder>>
let dataDir: string
let fallbackDir: string
let log = keepLog()
beforeEach(async () => {
  temporary = await temporaryFolder()
  dataDir = join(temporary.path, 'home', 'data')
  fallbackDir = join(temporary.path, 'var lib')
  log = keepLog()
})
afterEach(() => temporary.remove())

async function closeTheHome(): Promise<void> {
  await mkdir(join(temporary.path, 'home'), { recursive: true })
  await chmod(join(temporary.path, 'home'), 0o700)
}

const start = (namespaces: boolean): Promise<EmbeddedPostgres> =>
  startEmbeddedPostgres({ dataDir, log, settings: quick, namespaces, fallbackDir })

/** The effective user of the running PostgreSQL, and what it says when it is asked for what was kept. */
async function keepAndStop(server: EmbeddedPostgres): Promise<number> {
  const { uid } = await stat(`/proc/${server.pid()}`)
  await ask(server.connection, 'create table kept as select 42 as value')
  await server.stop()
  return uid
}

async function assertKept(server: EmbeddedPostgres): Promise<void> {
  assert.deepEqual(await ask(server.connection, 'select value from kept'), { value: 42 })
  await server.stop()
  assert.deepEqual(await processesIn(temporary.path), [])
}

describe('run by root', { skip: needsRoot }, () => {
  test('PostgreSQL runs as an unprivileged user, who owns the database and nothing else', {
    skip: needsOthers
  }, async () => {
    const user = await findUnprivilegedUser()
    assert.equal(await keepAndStop(await start(true)), user?.uid)
    assert.equal((await stat(join(dataDir, 'postgres'))).uid, user?.uid)
    assert.equal((await stat(dataDir)).uid, 0)
    assert.equal((await stat(join(dataDir, 'postgres', 'ekso-passwords.json'))).mode & 0o777, 0o600)
    await assertKept(await start(true))
  })

  test('a data folder in a closed one is served from a user namespace', {
    skip: needsNamespaces
  }, async () => {
    await closeTheHome()
    await keepAndStop(await start(true))
    assert.equal((await stat(join(dataDir, 'postgres'))).uid, 0)
    assert.deepEqual(await readdir(temporary.path), ['home'])
    await assertKept(await start(true))
  })

  test('without namespaces the database moves to a folder that the log names and the next start finds', async () => {
    await closeTheHome()
    await keepAndStop(await start(false))
    assert.ok((await lstat(join(dataDir, 'postgres'))).isSymbolicLink())
    const place = await realpath(join(dataDir, 'postgres'))
    assert.ok(place.startsWith(await realpath(fallbackDir)))
    assert.ok(log.lines.some((line) => line.includes('lives elsewhere') && line.includes(place)))
    await assertKept(await start(false))
    assert.equal(await realpath(join(dataDir, 'postgres')), place)
  })

  test('a database whose way is barred is handed over to another way', {
    skip: needsNamespaces
  }, async () => {
    await closeTheHome()
    await keepAndStop(await start(true))
    await chmod(join(temporary.path, 'home'), 0o711)
    await assertKept(await start(false))
    assert.notEqual((await stat(join(dataDir, 'postgres'))).uid, 0)
    await closeTheHome()
    await assertKept(await start(true))
    assert.equal((await stat(join(dataDir, 'postgres'))).uid, 0)
  })

  test('a folder that its owner alone may enter is closed to the fallback too: the error names ways out', async () => {
    await closeTheHome()
    fallbackDir = join(temporary.path, 'home', 'var')
    await assert.rejects(start(false), /refuses to run as root.*Tried: .*EKSO_DATA_DIR.*DATABASE_URL/)
    assert.ok(
      !(await readdir(dataDir)).some((name) => name.startsWith('postgres') && name !== 'postgres.lock')
    )
  })

  test('a database that an ordinary user has made is served as that user', {
    skip: needsOthers
  }, async () => {
    await mkdir(dataDir, { recursive: true })
    await chown(dataDir, 65534, 65534)
    const first = spawnServer({ dataDir, namespaces: false }, 65534)
    const { error, connection } = await first.answer
    assert.equal(error, undefined)
    await ask(connection, 'create table kept as select 42 as value')
    await first.kill('SIGTERM')
    assert.equal((await stat(join(dataDir, 'postgres'))).uid, 65534)
    await assertKept(await start(true))
    assert.equal((await stat(join(dataDir, 'postgres'))).uid, 65534)
  })
})

describe('run by a user without rights', { skip: needsOthers }, () => {
  beforeEach(async () => {
    await mkdir(dataDir, { recursive: true })
    await chown(dataDir, 54321, 54321)
  })

  test('a user without a name gets by with a namespace', { skip: needsNamespaces }, async () => {
    for (let round = 0; round < 2; round++) {
      const server = spawnServer({ dataDir }, 54321)
      assert.equal((await server.answer).error, undefined)
      await server.kill('SIGTERM')
    }
    assert.equal((await stat(join(dataDir, 'postgres'))).uid, 54321)
    assert.deepEqual(await processesIn(dataDir), [])
  })

  test('a user without a name is told what to do where namespaces are not allowed', async () => {
    const { error } = await spawnServer({ dataDir, namespaces: false }, 54321).answer
    assert.match(error ?? '', /User 54321.*has no name.*\/etc\/passwd.*DATABASE_URL/)
  })

  test('a database of somebody else is refused by name of both users', async () => {
    await mkdir(join(dataDir, 'postgres'))
    const { error } = await spawnServer({ dataDir }, 54321).answer
    assert.match(error ?? '', /belongs to user 0, this server runs as user 54321/)
  })
})
