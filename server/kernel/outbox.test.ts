import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { createDatabase, type TestDatabase } from '../../testing/database.ts'
import { letter } from '../../testing/mail-world.ts'
import { addSeconds, systemClock } from './clock.ts'
import { type Db, openDb } from './db.ts'
import { type Jobs, openJobs } from './jobs.ts'
import type { Letter } from './letter.ts'
import { makeLog } from './log.ts'
import { retrySeconds } from './mail.ts'
import { deliverySeconds } from './mail-server.ts'
import { migrate } from './migrate.ts'
import {
  claimLetter,
  leaseSeconds,
  mailQueue,
  type Post,
  postLetter,
  postponeLetter,
  readDelivery,
  settleLetter
} from './outbox.ts'
import { sweepExpiredLetters, sweepSettledLetters, trimMailbox } from './outbox-sweep.ts'
import { makeSecrets } from './secrets.ts'

const secrets = makeSecrets('a secret of at least thirty-two bytes')
const log = makeLog('silent')
const start = systemClock()
let database: TestDatabase
let db: Db
let jobs: Jobs
let post: Post

before(async () => {
  database = await createDatabase('outbox')
  await migrate(database.connection, log)
  db = openDb(database.connection, log)
  jobs = openJobs(database.connection, log)
  // The jobs are queued and done without a look at the outbox: these tests turn the time themselves.
  jobs.handle(mailQueue, { maxSeconds: 60, isCoalesced: true }, async () => undefined)
  await jobs.start()
  post = { secrets, jobs, settings: { publicUrl: new URL('http://localhost:6050') } }
})
after(async () => {
  await jobs.stop()
  await db.close()
  await database.drop()
})
beforeEach(async () => {
  await db.install((tx) => tx.deleteFrom('outbox').execute())
})

const send = (over: Partial<Letter> = {}, now = start) =>
  db.install((tx) => postLetter(tx, post, now, letter(now, over)))
const claim = (id: string, now: Date) => db.install((tx) => claimLetter(tx, secrets, now, id))
const settle = (id: string, isKept = false, now = start) =>
  db.install((tx) => settleLetter(tx, now, id, 'accepted', { isKept }))
const row = (id: string) =>
  db.install((tx) => tx.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirst())

test('of two workers that claim a letter together one gets it', async () => {
  const id = await send()
  const claims = await Promise.all([claim(id, start), claim(id, start)])
  assert.deepEqual(claims.map(({ kind }) => kind).sort(), ['claimed', 'waiting'])
})

test('the letter of a worker that died is free again after its lease, with the same Message-ID [C2-mail-message-id]', async () => {
  const id = await send()
  const first = await claim(id, start)
  assert.equal((await claim(id, addSeconds(start, leaseSeconds - 1))).kind, 'waiting')
  const second = await claim(id, addSeconds(start, leaseSeconds))
  assert.ok(first.kind === 'claimed' && second.kind === 'claimed')
  assert.equal(second.letter.messageId, first.letter.messageId)
  assert.equal(second.letter.attempts, 2)
  assert.ok(deliverySeconds < leaseSeconds)
})

test('a settled letter cannot be claimed, and its verdict stands', async () => {
  const id = await send()
  await settle(id)
  assert.equal((await claim(id, start)).kind, 'settled')
  await db.install((tx) => settleLetter(tx, start, id, 'bounced'))
  assert.equal(await db.install((tx) => readDelivery(tx, id)), 'accepted')
})

test('a letter that has expired is given up and wiped instead of sent', async () => {
  const id = await send({ expires: addSeconds(start, 10) })
  assert.equal((await claim(id, addSeconds(start, 10))).kind, 'settled')
  const { state, sealed } = (await row(id)) ?? {}
  assert.deepEqual({ state, sealed }, { state: 'failed', sealed: null })
})

test('a letter that was put off is not tried before its time', async () => {
  const id = await send()
  await claim(id, start)
  await db.install((tx) => postponeLetter(tx, jobs, start, id, 40))
  assert.deepEqual(await claim(id, addSeconds(start, 39)), { kind: 'waiting', waitSeconds: 1 })
  assert.equal((await claim(id, addSeconds(start, 40))).kind, 'claimed')
})

test('an unknown mail counts as failed', async () => {
  assert.equal(await db.install((tx) => readDelivery(tx, 'mail_unknown')), 'failed')
})

test('the Message-ID names the public host in force', async () => {
  await db.install((tx) =>
    tx
      .insertInto('install')
      .values({ check_value: Buffer.from('x'), public_url: 'https://stored.example' })
      .execute()
  )
  const id = await send()
  assert.equal((await row(id))?.message_id, `<${id}@stored.example>`)
  await db.install((tx) => tx.deleteFrom('install').execute())
})

test('tries grow apart from 5 s to 5 minutes and end with the letter', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 8, 99].map((attempts) => retrySeconds(attempts, 86_400)),
    [5, 10, 20, 40, 80, 160, 300, 300, 300]
  )
  assert.equal(retrySeconds(7, 100), 50)
  assert.equal(retrySeconds(1, 9), 0)
  assert.equal(retrySeconds(1, 0), 0)
})

test('the sweep wipes expired letters and deletes settled ones after 30 days, in bounded batches', async () => {
  const expired = await send({ expires: addSeconds(start, 5) })
  await send({ expires: addSeconds(start, 5) })
  const living = await send()
  const now = addSeconds(start, 60)
  assert.equal(await db.install((tx) => sweepExpiredLetters(tx, now, 1)), 1)
  assert.equal(await db.install((tx) => sweepExpiredLetters(tx, now, 10)), 1)
  assert.equal((await row(expired))?.sealed, null)
  assert.equal((await row(living))?.state, 'queued')
  const day = 86_400
  assert.equal(await db.install((tx) => sweepSettledLetters(tx, addSeconds(now, 29 * day), 10)), 0)
  assert.equal(await db.install((tx) => sweepSettledLetters(tx, addSeconds(now, 30 * day), 10)), 2)
  assert.ok(await row(living))
})

test('the development mailbox keeps the newest 200, and none off localhost', async () => {
  const ids: string[] = []
  await db.install(async (tx) => {
    for (let at = 0; at < 203; at++)
      ids.push(await postLetter(tx, post, addSeconds(start, at), letter(start)))
    for (const id of ids) await settleLetter(tx, start, id, 'accepted', { isKept: true })
  })
  const trim = (isDevelopment: boolean) => db.install((tx) => trimMailbox(tx, { isDevelopment }, 500))
  assert.equal(await trim(true), 3)
  assert.equal((await row(ids[2] ?? ''))?.sealed, null)
  assert.ok((await row(ids[3] ?? ''))?.sealed)
  assert.equal(await trim(false), 200)
})
