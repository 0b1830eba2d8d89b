import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { buildApp } from '#server/app.ts'
import { addSeconds, systemClock } from '#server/kernel/clock.ts'
import { openDb } from '#server/kernel/db.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { openJobs } from '#server/kernel/jobs.ts'
import { makeLog } from '#server/kernel/log.ts'
import { migrate } from '#server/kernel/migrate.ts'
import { postLetter, readDelivery } from '#server/kernel/outbox.ts'
import { makeSecrets } from '#server/kernel/secrets.ts'
import { readSettings } from '#server/kernel/settings.ts'
import { createDatabase, type TestDatabase } from '../../../testing/database.ts'
import { letter, until } from '../../../testing/mail-world.ts'
import { ensureHome } from '../tenancy/workspace.ts'

const log = makeLog('silent')
let database: TestDatabase
let app: App

async function open(environment: Record<string, string>): Promise<App> {
  const settings = readSettings({ EKSO_RATE_LIMIT: '0', ...environment })
  const db = openDb(database.connection, log)
  await db.install((tx) => ensureHome(tx, systemClock()))
  return buildApp({
    settings,
    db,
    jobs: openJobs(database.connection, log),
    secrets: makeSecrets('a secret of at least thirty-two bytes'),
    clock: systemClock,
    log,
    publicUrl: () => settings.publicUrl,
    isReady: async () => true
  })
}

before(async () => {
  database = await createDatabase('dev_mail')
  await migrate(database.connection, log)
  app = await open({})
  await app.jobs.start()
})
after(async () => {
  await app.jobs.stop()
  await app.http.close()
  await app.db.close()
  await database.drop()
})

const json = { accept: 'application/json' }
const ask = (headers: Record<string, string> = json, remoteAddress = '127.0.0.1', from = app) =>
  from.http.inject({ url: '/dev/mail', headers: { host: 'localhost:6050', ...headers }, remoteAddress })

async function keep(subject: string, text: string, secondsLater: number): Promise<void> {
  const now = addSeconds(systemClock(), secondsLater)
  const id = await app.db.install((tx) => postLetter(tx, app, systemClock(), letter(now, { subject, text })))
  await until(async () => (await app.db.install((tx) => readDelivery(tx, id))) === 'accepted')
}

test('kept mail is shown newest first, as JSON and as HTML [C5-dev-mail]', async () => {
  assert.deepEqual((await ask()).json(), [])
  await keep('First', 'Your code:\n\n482916', 0)
  await keep('Second <script>alert(1)</script>', 'See https://ekso.example/x', 1)
  const answer = await ask()
  assert.equal(answer.statusCode, 200)
  const mails = answer.json()
  assert.deepEqual(
    mails.map(({ subject }: { subject: string }) => subject),
    ['Second <script>alert(1)</script>', 'First']
  )
  assert.deepEqual(Object.keys(mails[1]).sort(), ['created', 'html', 'id', 'subject', 'text', 'to'])
  assert.match(mails[1].text, /482916/)
  const page = await ask({ accept: 'text/html' })
  assert.match(String(page.headers['content-type']), /^text\/html/)
  assert.match(page.body, /<iframe[^>]*sandbox="allow-popups allow-popups-to-escape-sandbox"/)
  assert.doesNotMatch(page.body, /<script/)
})

test('it is no page for others than somebody at this machine [C5-dev-mail-guard]', async () => {
  const refused = [
    ask(json, '192.168.1.20'),
    ask(json, '::ffff:203.0.113.9'),
    ask({ ...json, 'x-forwarded-for': '127.0.0.1' }),
    ask({ ...json, forwarded: 'for=127.0.0.1' }),
    ask({ ...json, 'x-real-ip': '127.0.0.1' }),
    ask({ ...json, via: '1.1 proxy' })
  ]
  for (const answer of await Promise.all(refused)) {
    assert.equal(answer.statusCode, 404)
    assert.doesNotMatch(answer.body, /482916/)
  }
  assert.notEqual((await ask({ ...json, host: 'rebound.example:6050' })).statusCode, 200)
  assert.equal((await ask(json, '::1')).statusCode, 200)
  assert.equal((await ask({ ...json, host: '[::1]:6050' })).statusCode, 200)
  assert.equal((await ask({ ...json, host: '127.0.0.1:6050' })).statusCode, 200)
})

test('no page of another origin can read or frame it', async () => {
  const { headers } = await ask({ ...json, origin: 'http://localhost:3000' })
  assert.equal(headers['access-control-allow-origin'], undefined)
  assert.equal(headers['cross-origin-resource-policy'], 'same-origin')
  assert.match(
    String((await ask({ accept: 'text/html' })).headers['content-security-policy']),
    /frame-ancestors 'none'/
  )
})

test('off localhost and with a mail server it is 404 [C5-dev-mail-off]', async () => {
  const environments: Record<string, string>[] = [
    { EKSO_PUBLIC_URL: 'https://ekso.example', SMTP_URL: 'smtp://127.0.0.1:1' },
    { SMTP_URL: 'smtp://127.0.0.1:1' }
  ]
  for (const environment of environments) {
    const other = await open(environment)
    assert.equal((await ask(json, '127.0.0.1', other)).statusCode, 404)
    await other.http.close()
    await other.db.close()
  }
  await app.db.install((tx) =>
    tx
      .insertInto('install')
      .values({ check_value: Buffer.from('x'), public_url: 'https://stored.example' })
      .execute()
  )
  assert.equal((await ask()).statusCode, 404)
})
