import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDatabase } from '../testing/database.ts'
import { openMailbox } from '../testing/mailbox.ts'
import { otherUserIsBarred } from '../testing/other-user.ts'
import { freePort, type RunningServer, startRefused, startServer } from '../testing/running-server.ts'
import { until } from '../testing/world.ts'

const folder = mkdtempSync(join(tmpdir(), 'ekso main '))
after(() => rmSync(folder, { recursive: true, force: true }))

const wish = { name: 'Jane Smith', email: 'jane@example.com', company: 'Acme Corp', domain: 'acme' }

test('it starts from nothing, again with its data, and Ctrl-C leaves no process behind [C5-none-needed, C5-secret-made]', async (t) => {
  const data = join(folder, 'from nothing')
  const first = await startServer(t, { EKSO_DATA_DIR: data })
  assert.equal(statSync(join(data, 'secret')).mode & 0o777, 0o600)
  const begun = await first.call('POST /api/bo/on/agent/code', { body: wish })
  assert.equal(begun.status, 200)
  const { signupId } = (await begun.json()) as { signupId: string }
  assert.equal(await first.end('SIGINT'), 0)
  assert.deepEqual(processesOf(data), [])

  const second = await startServer(t, { EKSO_DATA_DIR: data })
  const status = await second.call(`GET /api/bo/on/agent/signups/${signupId}`)
  assert.equal(((await status.json()) as { status: string }).status, 'awaiting_confirmation')
  assert.equal(await second.end('SIGTERM'), 0)
  assert.deepEqual(processesOf(data), [])
})

test('a request that is under way when the server stops gets its answer [C1-error-503]', async (t) => {
  const server = await startServer(t, { EKSO_DATA_DIR: join(folder, 'stop') })
  const body = JSON.stringify({ ...wish, email: 'slow@example.com' })
  const socket = connect(server.port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text
  })
  socket.write(
    `POST /api/bo/on/agent/code HTTP/1.1\r\nHost: localhost:${server.port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 20)}`
  )
  await sleep(200)
  const ended = server.end('SIGTERM')
  await sleep(200)
  socket.write(body.slice(20))
  await until(() => answer.includes('Verification code sent'))
  assert.equal(await ended, 0)
})

test('a server killed between commit and mail sends the mail once after its next start [C2-mail-outbox]', async (t) => {
  const smtpPort = await freePort()
  const settings = { EKSO_DATA_DIR: join(folder, 'killed'), SMTP_URL: `smtp://127.0.0.1:${smtpPort}` }
  const first = await startServer(t, settings)
  assert.equal((await first.call('POST /api/bo/on/agent/code', { body: wish })).status, 200)
  await first.end('SIGKILL')
  const mailbox = await openMailbox({}, smtpPort)
  t.after(() => mailbox.close())
  const second = await startServer(t, settings)
  await until(() => mailbox.mails.length > 0, 60_000)
  await sleep(2000)
  assert.equal(mailbox.mails.length, 1)
  assert.equal(await second.end('SIGTERM'), 0)
})

test('when PostgreSQL is killed, requests fail cleanly and the server recovers by itself [C1-error-503]', async (t) => {
  const data = join(folder, 'recovers')
  const server = await startServer(t, { EKSO_DATA_DIR: data })
  const postmaster = Number(server.lines.map((line) => /"pid":([0-9]+)/.exec(line)?.[1]).find(Boolean))
  process.kill(postmaster, 'SIGKILL')
  const seen = new Set<number>()
  await until(async () => {
    const answer = await server.call('GET /')
    seen.add(answer.status)
    if (answer.status === 503) assert.ok(Number(answer.headers.get('retry-after')) > 0)
    return answer.status === 200
  }, 30_000)
  assert.deepEqual(
    [...seen].filter((status) => status !== 200 && status !== 503),
    []
  )
  const begun = await server.call('POST /api/bo/on/agent/code', {
    body: { ...wish, email: 'again@example.com' }
  })
  assert.equal(begun.status, 200)
  assert.equal(await server.end('SIGTERM'), 0)
})

test('a second server on the same data folder says so and ends', async (t) => {
  const data = join(folder, 'second')
  const first = await startServer(t, { EKSO_DATA_DIR: data })
  const { code, log } = await startRefused({ EKSO_DATA_DIR: data })
  assert.equal(code, 1)
  assert.match(log, /Another Ekso server is running/)
  assert.equal((await first.call('GET /readyz')).status, 200)
})

test('another secret than the one the database was begun with stops the start [C5-secret-wrong]', async (t) => {
  const database = await createDatabase('main_secret')
  t.after(() => database.drop())
  const settings = { DATABASE_URL: addressOf(database.connection), EKSO_DATA_DIR: join(folder, 'secret') }
  const first = await startServer(t, {
    ...settings,
    EKSO_SECRET: 'the first secret, of thirty-two bytes or more'
  })
  await first.end()
  const { code, log } = await startRefused({
    ...settings,
    EKSO_SECRET: 'another secret, of thirty-two bytes or more'
  })
  assert.equal(code, 1)
  assert.match(log, /secret does not belong to this database/)
})

test('a database role that bypasses row security is refused [C5-bypass-role]', async (t) => {
  const database = await createDatabase('main_bypass')
  t.after(() => database.drop())
  const { code, log } = await startRefused({
    DATABASE_URL: addressOf(database.superuser),
    EKSO_DATA_DIR: folder
  })
  assert.equal(code, 1)
  assert.match(log, /bypasses row security/)
})

test('two servers on one database count limits and repeat answers as one [C1-limit-restart, C2-race-copies]', async (t) => {
  const database = await createDatabase('main_two')
  t.after(() => database.drop())
  const settings = {
    DATABASE_URL: addressOf(database.connection),
    EKSO_SECRET: 'one secret for both, of thirty-two bytes or more',
    EKSO_PUBLIC_URL: 'http://localhost:6050',
    EKSO_TRUSTED_PROXIES: '127.0.0.1'
  }
  const one = await startServer(t, settings)
  const two = await startServer(t, settings)
  const key = 'a key that nobody else would think of'
  const begin = (server: RunningServer, from: string) =>
    server.call('POST /api/bo/on/agent/code', {
      body: wish,
      headers: { 'idempotency-key': key, 'x-forwarded-for': from }
    })
  const copies = await Promise.all(
    [one, two, one, two, one, two].map((server, at) => begin(server, `10.9.0.${at + 1}`))
  )
  assert.deepEqual(
    copies.map(({ status }) => status),
    [200, 200, 200, 200, 200, 200]
  )
  const ids = await Promise.all(
    copies.map(async (copy) => ((await copy.json()) as { signupId: string }).signupId)
  )
  assert.equal(new Set(ids).size, 1)

  const statuses: number[] = []
  for (const server of [one, two, one, two, one, two]) {
    const answer = await server.call('POST /api/bo/on/agent/signup', {
      body: {},
      headers: { 'x-forwarded-for': '10.9.1.1' }
    })
    statuses.push(answer.status)
  }
  assert.deepEqual(statuses, [422, 422, 422, 422, 422, 429])
})

test('an ordinary user can run it', {
  skip: await otherUserIsBarred()
}, async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'ekso-user-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  chownSync(data, 65_534, 65_534)
  const server = await startServer(t, { EKSO_DATA_DIR: join(data, 'data') }, { uid: 65_534, gid: 65_534 })
  assert.equal((await server.call('GET /readyz')).status, 200)
  assert.equal(await server.end('SIGINT'), 0)
  assert.deepEqual(processesOf(data), [])
})

function addressOf(c: {
  host: string
  port: number
  user: string
  password: string
  database: string
}): string {
  return `postgres://${c.user}:${encodeURIComponent(c.password)}@/${c.database}?host=${encodeURIComponent(c.host)}&port=${c.port}`
}

// Every process whose command line names the data folder.
function processesOf(data: string): string[] {
  const all = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n')
  return all.filter((line) => line.includes(data) && !line.includes('ps -eo'))
}
