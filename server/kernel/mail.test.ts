import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { createDatabase, type TestDatabase } from '../../testing/database.ts'
import { listeningLog, type MailWorld, startMailWorld, until } from '../../testing/mail-world.ts'
import { type Mailbox, openMailbox } from '../../testing/mailbox.ts'
import { addSeconds, systemClock } from './clock.ts'
import { makeLog } from './log.ts'
import { migrate } from './migrate.ts'
import { postLetter } from './outbox.ts'

async function freshDatabase(name: string): Promise<TestDatabase> {
  const database = await createDatabase(name)
  await migrate(database.connection, makeLog('silent'))
  return database
}

describe('mail over SMTP', () => {
  let database: TestDatabase
  let mailbox: Mailbox
  let world: MailWorld

  before(async () => {
    database = await freshDatabase('mail')
    mailbox = await openMailbox()
    world = await startMailWorld({ address: database.connection, smtpUrl: mailbox.url })
  })
  after(async () => {
    await world?.stop()
    await mailbox?.close()
    await database?.drop()
  })

  test('a letter whose transaction commits is delivered, with both bodies and the marks of automatic mail', async () => {
    const id = await world.send({ subject: 'Both bodies' })
    const mail = await mailbox.waitForMail((one) => one.subject === 'Both bodies')
    assert.deepEqual(mail.to, ['jane@example.com'])
    assert.match(mail.text, /482916/)
    assert.match(mail.html, />482916</)
    assert.equal(mail.messageId, `<${id}@ekso.example>`)
    const header = (key: string) => mail.headers.find((one) => one.key === key)?.value
    assert.equal(header('auto-submitted'), 'auto-generated')
    assert.equal(header('x-auto-response-suppress'), 'All')
    await until(async () => (await world.delivery(id)) === 'accepted')
  })

  test('a letter whose transaction is rolled back is never delivered', async () => {
    const rolledBack = world.db.install(async (tx) => {
      const expires = addSeconds(systemClock(), 60)
      const letter = { kind: 'test', to: 'jane@example.com', subject: 'Rolled back', text: 'x', expires }
      await postLetter(tx, world.post, systemClock(), letter)
      throw new Error('the cause failed')
    })
    await assert.rejects(rolledBack, /the cause failed/)
    await world.send({ subject: 'After the rollback' })
    await mailbox.waitForMail((one) => one.subject === 'After the rollback')
    assert.equal(mailbox.mails.filter((one) => one.subject === 'Rolled back').length, 0)
  })

  test('an address refused with 550 is bounced after one try', async () => {
    mailbox.manners.refuseRecipient = 550
    const tries = mailbox.tries()
    const id = await world.send()
    await until(async () => (await world.delivery(id)) === 'bounced')
    assert.equal(mailbox.tries() - tries, 1)
    delete mailbox.manners.refuseRecipient
  })

  test('a letter put off with 451 is tried again until it is taken', async () => {
    mailbox.manners.refuseRecipient = 451
    const tries = mailbox.tries()
    const id = await world.send({ subject: 'Put off' })
    await until(() => mailbox.tries() > tries)
    delete mailbox.manners.refuseRecipient
    assert.equal(await world.delivery(id), 'queued')
    await mailbox.waitForMail((one) => one.subject === 'Put off', 20_000)
    await until(async () => (await world.delivery(id)) === 'accepted')
  })

  test('nothing of a letter stands in clear in the database, before and after its delivery', async () => {
    mailbox.manners.delayMs = 1_000
    const id = await world.send({ to: 'secret.reader@example.com', subject: 'Clear', text: 'code\n\n730164' })
    await until(async () => (await attempts(world, id)) === 1)
    assert.deepEqual(await findInDatabase(world, ['730164', 'secret.reader']), [])
    await until(async () => (await world.delivery(id)) === 'accepted')
    delete mailbox.manners.delayMs
    assert.deepEqual(await findInDatabase(world, ['730164', 'secret.reader']), [])
    const kept = await world.db.install((tx) =>
      tx
        .selectFrom('outbox')
        .select('id')
        .where('state', '!=', 'queued')
        .where('sealed', 'is not', null)
        .execute()
    )
    assert.deepEqual(kept, [])
    // The search itself must be able to find.
    assert.deepEqual(await findInDatabase(world, [id]), [id])
  })

  test('two servers on one database deliver each letter once', async () => {
    const other = await startMailWorld({ address: database.connection, smtpUrl: mailbox.url })
    const subjects = Array.from({ length: 12 }, (_, at) => `Once ${at}`)
    await Promise.all(subjects.map((subject, at) => (at % 2 ? other : world).send({ subject })))
    for (const subject of subjects) await mailbox.waitForMail((one) => one.subject === subject)
    await other.stop()
    assert.equal(mailbox.mails.filter((one) => one.subject.startsWith('Once')).length, 12)
  })

  test('a letter posted by a server that is killed right after the commit is delivered once by the next [C2-mail-outbox]', async () => {
    await world.stop()
    const child = spawn(
      process.execPath,
      ['testing/killed-poster.ts', JSON.stringify(database.connection), mailbox.url, 'Survivor'],
      { stdio: 'inherit' }
    )
    const [, signal] = await once(child, 'exit')
    assert.equal(signal, 'SIGKILL')
    assert.equal(mailbox.mails.filter((one) => one.subject === 'Survivor').length, 0)
    world = await startMailWorld({ address: database.connection, smtpUrl: mailbox.url })
    await mailbox.waitForMail((one) => one.subject === 'Survivor', 60_000)
    await world.send({ subject: 'After the survivor' })
    await mailbox.waitForMail((one) => one.subject === 'After the survivor')
    assert.equal(mailbox.mails.filter((one) => one.subject === 'Survivor').length, 1)
  })

  test('a mail server that was away gets the letter when it is back', async () => {
    const { port } = mailbox
    await mailbox.close()
    const id = await world.send({ subject: 'Back again' })
    await until(async () => (await attempts(world, id)) === 1)
    mailbox = await openMailbox({}, port)
    await mailbox.waitForMail((one) => one.subject === 'Back again', 20_000)
  })
})

describe('mail without a mail server', { concurrency: true }, () => {
  test('on a localhost URL letters go to the development mailbox and are kept sealed', async () => {
    const database = await freshDatabase('mail_dev')
    const world = await startMailWorld({ address: database.connection, publicUrl: 'http://localhost:6050' })
    const id = await world.send()
    await until(async () => (await world.delivery(id)) === 'accepted')
    const row = await world.db.install((tx) => tx.selectFrom('outbox').select('sealed').executeTakeFirst())
    assert.match(world.secrets.open('outbox', row?.sealed ?? Buffer.alloc(0)), /482916/)
    assert.deepEqual(await findInDatabase(world, ['482916']), [])
    await world.stop()
    await database.drop()
  })

  test('elsewhere letters wait under an error, and are sent once a mail server is set', async () => {
    const database = await freshDatabase('mail_none')
    const { log, lines } = listeningLog()
    const mute = await startMailWorld({ address: database.connection, log })
    const id = await mute.send({ subject: 'Waited' })
    const errors = () =>
      lines.filter(({ level, msg }) => level === 'error' && String(msg).includes('SMTP_URL IS NOT SET'))
    // One at the start, one for the letter.
    await until(() => errors().length >= 2)
    assert.equal(await mute.delivery(id), 'queued')
    await mute.stop()
    const mailbox = await openMailbox()
    const world = await startMailWorld({ address: database.connection, smtpUrl: mailbox.url })
    await mailbox.waitForMail((one) => one.subject === 'Waited')
    await world.stop()
    await mailbox.close()
    await database.drop()
  })
})

async function attempts(world: MailWorld, id: string): Promise<number> {
  const row = await world.db.install((tx) =>
    tx.selectFrom('outbox').select('attempts').where('id', '=', id).executeTakeFirst()
  )
  return row?.attempts ?? 0
}

/** Which of the words stand in any row of any table, text or bytes, of ours or of the jobs. */
async function findInDatabase(world: MailWorld, words: string[]): Promise<string[]> {
  return world.db.install(async (tx) => {
    const tables = await sql<{ name: string }>`
      select format('%I.%I', table_schema, table_name) as name from information_schema.tables
      where table_schema in ('public', 'pgboss') and table_type = 'BASE TABLE'`.execute(tx)
    const found = new Set<string>()
    for (const { name } of tables.rows) {
      const rows = await sql<{ line: string }>`select t::text as line from ${sql.raw(name)} t`.execute(tx)
      for (const { line } of rows.rows)
        for (const word of words)
          if (line.includes(word) || line.includes(Buffer.from(word).toString('hex'))) found.add(word)
    }
    return [...found]
  })
}
