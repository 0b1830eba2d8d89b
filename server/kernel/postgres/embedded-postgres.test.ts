import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import {
  ask,
  keepLog,
  processesIn,
  quick,
  sessionOf,
  spawnServer,
  temporaryFolder,
  until
} from '../../../testing/embedded.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'

const heldLocks = "select count(*)::int as count from pg_locks where locktype = 'advisory'"

describe('one database over many starts', () => {
  let temporary: Awaited<ReturnType<typeof temporaryFolder>>
  let dataDir: string
  let server: EmbeddedPostgres | undefined
  let log = keepLog()

  const start = async (): Promise<EmbeddedPostgres> => {
    log = keepLog()
    server = await startEmbeddedPostgres({ dataDir, log, settings: quick })
    return server
  }

  before(async () => {
    temporary = await temporaryFolder()
    dataDir = join(temporary.path, "the data of Jo's 'team'")
  })
  afterEach(() => server?.stop())
  after(() => temporary.remove())

  test('a database is made in an empty folder, for an ordinary role, in UTF-8 sorted the same everywhere', async () => {
    const { connection } = await start()
    const found = await ask(
      connection,
      `select current_user as role, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb as mighty, datlocprovider as provider,
       datlocale as locale, pg_encoding_to_char(encoding) as encoding, current_setting('server_version_num')::int / 10000 as version
       from pg_roles, pg_database where rolname = current_user and datname = current_database()`
    )
    assert.deepEqual(found, {
      role: 'ekso',
      mighty: false,
      provider: 'b',
      locale: 'C.UTF-8',
      encoding: 'UTF8',
      version: 18
    })
    await ask(connection, 'create schema jobs')
    await ask(connection, 'create table kept as select 42 as value')
  })

  test('a wrong password is refused, and nothing listens on the network', async () => {
    const { connection } = await start()
    await assert.rejects(ask({ ...connection, password: 'guess' }, 'select 1'), { code: '28P01' })
    await assert.rejects(ask({ ...connection, user: 'postgres', password: '' }, 'select 1'))
    assert.deepEqual(await ask(connection, "select current_setting('listen_addresses') as addresses"), {
      addresses: ''
    })
  })

  test('what was written is there after a clean stop, of which no process is left', async () => {
    const { connection, stop } = await start()
    assert.deepEqual(await ask(connection, 'select value from kept'), { value: 42 })
    assert.notDeepEqual(await processesIn(dataDir), [])
    await Promise.all([stop(), stop()])
    assert.deepEqual(await processesIn(dataDir), [])
  })

  test('PostgreSQL has a session of its own, which Ctrl-C in the terminal does not reach', async () => {
    const { pid } = await start()
    assert.equal(await sessionOf(pid()), pid())
  })

  test('a second server on the folder is refused while the first lives, be it in the same process', async () => {
    const first = await start()
    const second = await spawnServer({ dataDir }).answer
    assert.match(second.error ?? '', /Another Ekso server/)
    await assert.rejects(startEmbeddedPostgres({ dataDir, log }), /Another Ekso server/)
    assert.deepEqual(await ask(first.connection, 'select value from kept'), { value: 42 })
  })

  test('a PostgreSQL left by a killed server is taken over, unless another session holds its lock', async () => {
    const killed = spawnServer({ dataDir })
    const { pid, superuser } = await killed.answer
    await killed.kill('SIGKILL')
    assert.deepEqual(await ask(superuser, 'select 1 as alive'), { alive: 1 })

    const { Client } = (await import('pg')).default
    const other = new Client(superuser)
    await other.connect()
    await until(async () => {
      const { rows } = await other.query<{ taken: boolean }>(
        'select pg_try_advisory_lock(1701540719) as taken'
      )
      return rows[0]?.taken ?? false
    })
    await assert.rejects(start(), /Another Ekso server/)
    await other.end()

    const adopted = await start()
    assert.equal(adopted.pid(), pid)
    assert.deepEqual(await ask(adopted.superuser, heldLocks), { count: 1 })

    process.kill(pid, 'SIGKILL')
    await until(async () => (await ask(adopted.connection, 'select value from kept')).value === 42)
    assert.notEqual(adopted.pid(), pid)
    await adopted.stop()
    assert.deepEqual(await processesIn(dataDir), [])
  })

  test('a PostgreSQL that is killed comes back at the same address, claimed again, however often', async () => {
    const { pid, connection, superuser } = await start()
    for (let round = 0; round < 2; round++) {
      const killed = pid()
      process.kill(killed, 'SIGKILL')
      await until(async () => pid() !== killed && (await ask(superuser, heldLocks)).count === 1)
      assert.deepEqual(await ask(connection, 'select value from kept'), { value: 42 })
    }
    assert.equal(log.lines.filter((line) => line.includes('is back')).length, 2)
  })

  test('when one session crashes, PostgreSQL stays and is claimed again', async () => {
    const { pid, superuser } = await start()
    const first = pid()
    const owner = await ask(
      superuser,
      "select pid from pg_stat_activity where application_name = 'ekso owner'"
    )
    process.kill(Number(owner.pid), 'SIGKILL')
    await until(
      async () =>
        log.lines.some((line) => line.includes('is back')) && (await ask(superuser, heldLocks)).count === 1
    )
    assert.equal(pid(), first)
  })

  test('a stop is final, even amid a recovery', async () => {
    const { pid, stop } = await start()
    process.kill(pid(), 'SIGKILL')
    await until(async () => log.lines.some((line) => line.includes('lost')))
    await wait(5)
    await stop()
    assert.deepEqual(await processesIn(dataDir), [])
    await wait(300)
    assert.deepEqual(await processesIn(dataDir), [])
    const again = await start()
    assert.deepEqual(await ask(again.connection, 'select value from kept'), { value: 42 })
  })

  test('a start that is given up leaves nothing running', async () => {
    const giveUp = new AbortController()
    const info = (_details: object, message: string): void => {
      if (message.includes('started')) giveUp.abort()
    }
    const starting = startEmbeddedPostgres({ dataDir, log: { ...keepLog(), info }, signal: giveUp.signal })
    await assert.rejects(starting, { name: 'AbortError' })
    assert.deepEqual(await processesIn(dataDir), [])
  })
})

describe('a folder to begin with', () => {
  let temporary: Awaited<ReturnType<typeof temporaryFolder>>
  let dataDir: string
  beforeEach(async () => {
    temporary = await temporaryFolder()
    dataDir = join(temporary.path, 'data')
  })
  afterEach(() => temporary.remove())

  test('a first start that was killed while it made the database is made good by the next', async () => {
    const killed = spawnServer({ dataDir })
    await until(async () => (await readdir(join(dataDir, await draftIn(dataDir), 'data'))).includes('base'))
    await killed.kill('SIGKILL')
    assert.ok(!(await readdir(dataDir)).includes('postgres'))
    const server = await startEmbeddedPostgres({ dataDir, log: keepLog(), settings: quick })
    assert.deepEqual(await ask(server.connection, 'select 1 as alive'), { alive: 1 })
    await server.stop()
    assert.deepEqual((await readdir(dataDir)).sort(), ['postgres', 'postgres.lock', 'postgres.log'])
  })

  test('of two first starts at once exactly one wins', async () => {
    const servers = [spawnServer({ dataDir }), spawnServer({ dataDir })]
    const answers = await Promise.all(servers.map((server) => server.answer))
    const refused = answers.filter((answer) => answer.error !== undefined)
    assert.equal(refused.length, 1)
    assert.match(refused[0]?.error ?? '', /Another Ekso server/)
    await Promise.all(servers.map((server) => server.child.exitCode ?? server.kill('SIGTERM')))
    assert.deepEqual(await processesIn(dataDir), [])
  })

  test('a database behind a path longer than a socket may have is reached all the same', async () => {
    const long = join(dataDir, 'a long name, '.repeat(12))
    const server = await startEmbeddedPostgres({ dataDir: long, log: keepLog(), settings: quick })
    assert.deepEqual(await ask(server.connection, 'select 1 as alive'), { alive: 1 })
    await server.stop()
  })

  for (const [version, wayOut] of [
    ['19', /PostgreSQL 19; .* brings PostgreSQL 18.* Start a version of the server/],
    ['17', /PostgreSQL 17; .* Dump it with PostgreSQL 17/]
  ] as const) {
    test(`a database of PostgreSQL ${version} is refused, with a way out`, async () => {
      await mkdir(join(dataDir, 'postgres'), { recursive: true })
      await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), `${version}\n`)
      await assert.rejects(startEmbeddedPostgres({ dataDir, log: keepLog() }), wayOut)
      assert.deepEqual(await readdir(join(dataDir, 'postgres')), ['PG_VERSION'])
    })
  }

  test('a folder that holds something else is refused and left alone', async () => {
    await mkdir(join(dataDir, 'postgres'), { recursive: true })
    await writeFile(join(dataDir, 'postgres', 'letter.txt'), 'dear')
    await assert.rejects(startEmbeddedPostgres({ dataDir, log: keepLog() }), /no PostgreSQL data folder/)
    assert.deepEqual(await readdir(join(dataDir, 'postgres')), ['letter.txt'])
  })
})

async function draftIn(dataDir: string): Promise<string> {
  for (const name of await readdir(dataDir)) {
    if (name.startsWith('postgres.new-') && (await readdir(join(dataDir, name))).includes('data')) return name
  }
  throw new Error('no draft yet')
}
