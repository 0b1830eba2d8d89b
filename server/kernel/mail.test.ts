import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { createDatabase, type TestDatabase } from '../../testing/database.ts'
import { type Mailbox, openMailbox } from '../../testing/mailbox.ts'
import { addSeconds, systemClock } from './clock.ts'
import { type Db, openDb } from './db.ts'
import { openJobs } from './jobs.ts'
import type { Letter } from './letter.ts'
import { makeLog } from './log.ts'
import { openMail } from './mail.ts'
import { migrate } from './migrate.ts'
import { type Post, postLetter, readDelivery } from './outbox.ts'
import { makeSecrets } from './secrets.ts'
import { openSweeps } from './sweep.ts'

const log = makeLog('silent')
const secrets = makeSecrets('a secret of at least thirty-two bytes')
const publicUrl = new URL('https://ekso.example')

type Server = { db: Db; post: Post; stop(): Promise<void> }

async function startServer(
  database: TestDatabase,
  smtpUrl: string | undefined,
  url = publicUrl
): Promise<Server> {
  const db = openDb(database.connection, log)
  const jobs = openJobs(database.connection, log)
  const settings = { publicUrl: url, smtpUrl, mailFrom: 'Ekso <no-reply@ekso.example>' }
  const sweeps = openSweeps({ db, jobs, clock: systemClock, log })
  const mail = openMail({ db, jobs, sweeps, secrets, settings, clock: systemClock, log })
  await jobs.start()
  return {
    db,
    post: { secrets, jobs, settings },
    stop: async () => {
      await jobs.stop()
      mail.close()
      await db.close()
    }
  }
}

function letter(over: Partial<Letter> = {}): Letter {
  const expires = addSeconds(systemClock(), 600)
  return {
    kind: 'test',
    to: 'jane@example.com',
    subject: 'Hello',
    text: 'Your code:\n\n482916',
    expires,
    ...over
  }
}

async function until(holds: () => Promise<boolean>, waitMs = 10_000): Promise<void> {
  for (let waited = 0; waited < waitMs; waited += 50) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail('it did not come to be in time')
}

describe('mail', () => {
  let database: TestDatabase
  let mailbox: Mailbox
  let server: Server

  before(async () => {
    database = await createDatabase('mail')
    await migrate(database.connection, log)
    mailbox = await openMailbox()
    server = await startServer(database, mailbox.url)
  })
  after(async () => {
    await server.stop()
    await mailbox.close()
    await database.drop()
  })

  const post = (given: Letter) => server.db.install((tx) => postLetter(tx, server.post, systemClock(), given))
  const delivery = (id: string) => server.db.install((tx) => readDelivery(tx, id))

  test('a letter whose transaction commits is delivered, with both bodies and the marks of automatic mail', async () => {
    const id = await post(letter({ subject: 'Both bodies' }))
    const mail = await mailbox.waitForMail((one) => one.subject === 'Both bodies')
    assert.deepEqual(mail.to, ['jane@example.com'])
    assert.match(mail.text, /482916/)
    assert.match(mail.html, /482916/)
    assert.equal(mail.messageId, `<${id}@ekso.example>`)
    const header = (key: string) => mail.headers.find((one) => one.key === key)?.value
    assert.equal(header('auto-submitted'), 'auto-generated')
    assert.equal(header('x-auto-response-suppress'), 'All')
    await until(async () => (await delivery(id)) === 'accepted')
  })

  test('a letter whose transaction is rolled back is never delivered', async () => {
    await assert.rejects(
      server.db.install(async (tx) => {
        await postLetter(tx, server.post, systemClock(), letter({ subject: 'Rolled back' }))
        throw new Error('the cause failed')
      }),
      /the cause failed/
    )
    await post(letter({ subject: 'After the rollback' }))
    await mailbox.waitForMail((one) => one.subject === 'After the rollback')
    assert.equal(mailbox.mails.filter((one) => one.subject === 'Rolled back').length, 0)
    const rows = await server.db.install((tx) =>
      sql`select 1 from pgboss.job where name = 'mail' and state < 'active'`.execute(tx)
    )
    assert.equal(rows.rows.length, 0)
  })

  test('an address refused with 550 is bounced after one try', async () => {
    mailbox.manners.refuseRecipient = 550
    const tries = mailbox.tries()
    const id = await post(letter())
    await until(async () => (await delivery(id)) === 'bounced')
    assert.equal(mailbox.tries() - tries, 1)
    delete mailbox.manners.refuseRecipient
  })

  test('a letter put off with 451 is tried again until it is taken', async () => {
    mailbox.manners.refuseRecipient = 451
    const tries = mailbox.tries()
    const id = await post(letter({ subject: 'Put off' }))
    await until(async () => mailbox.tries() > tries)
    delete mailbox.manners.refuseRecipient
    assert.equal(await delivery(id), 'queued')
    await mailbox.waitForMail((one) => one.subject === 'Put off', 20_000)
    await until(async () => (await delivery(id)) === 'accepted')
  })
})
