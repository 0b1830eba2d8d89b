import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { createDatabase, type TestDatabase } from '../../testing/database.ts'
import { addSeconds, systemClock } from './clock.ts'
import { type Db, openDb, type Tx } from './db.ts'
import { newId } from './ids.ts'
import { makeLog } from './log.ts'
import { claimMailBudget, type MailBudget, type MailClaim } from './mail-budget.ts'
import { migrate } from './migrate.ts'
import { makeSecrets } from './secrets.ts'

const start = systemClock()
const day = 86_400
const log = makeLog('silent')
const secrets = makeSecrets('a secret of at least thirty-two bytes')
const budget: MailBudget = { secrets, settings: { mailsPerDay: 0 }, isLocalhost: false }
let database: TestDatabase
let db: Db

before(async () => {
  database = await createDatabase('budget')
  await migrate(database.connection, log)
  db = openDb(database.connection, log)
})
after(async () => {
  await db.close()
  await database.drop()
})
beforeEach(async () => {
  await db.install(async (tx) => {
    await tx.deleteFrom('limit_hits').execute()
    await tx.deleteFrom('outbox').execute()
  })
})

function code(address: string, over: Partial<MailClaim> = {}): MailClaim {
  return { kind: 'code', canonicalAddress: address, foldedAddress: address.replace(/\+[^@]*/, ''), ...over }
}

const claim = (wanted: MailClaim, seconds = 0, given: Partial<MailBudget> = {}) =>
  db.install((tx) => claimMailBudget(tx, { ...budget, ...given }, addSeconds(start, seconds), wanted))

async function putMails(tx: Tx, count: number, created: Date): Promise<void> {
  const rows = Array.from({ length: count }, () => {
    const id = newId('mail')
    return {
      id,
      tenant_id: null,
      kind: 'test',
      message_id: id,
      sealed: null,
      state: 'accepted' as const,
      created,
      expires: created,
      next_try: created,
      settled: created
    }
  })
  await tx.insertInto('outbox').values(rows).execute()
}

test('a code for the same address, whatever its case, waits 2 minutes; a tag is another address [C1-mail-as-typed]', async () => {
  assert.deepEqual(await claim(code('jane@example.com')), { ok: true })
  assert.deepEqual(await claim(code('JANE@example.com'), 20), { ok: false, retryAfterSeconds: 100 })
  assert.deepEqual(await claim({ ...code('jane@example.com'), kind: 'reset' }, 119), {
    ok: false,
    retryAfterSeconds: 1
  })
  assert.deepEqual(await claim(code('jane+work@example.com'), 20), { ok: true })
  assert.deepEqual(await claim(code('jane@example.com'), 120), { ok: true })
})

test('one mailbox gets 10 a day from strangers, however it is spelt [C1-mail-ten-a-day]', async () => {
  for (let at = 0; at < 10; at++) assert.ok((await claim(code(`jane+${at}@example.com`))).ok)
  assert.deepEqual(await claim(code('jane+10@example.com'), 60), { ok: false, retryAfterSeconds: day - 60 })
  assert.ok((await claim(code('joe@example.com'), 60)).ok)
  assert.ok((await claim(code('jane+10@example.com'), day)).ok)
})

test('on localhost the mailbox has no limit, the address keeps its 2 minutes [C1-mail-ten-a-day]', async () => {
  const local = { isLocalhost: true }
  for (let at = 0; at < 12; at++) assert.ok((await claim(code(`jane+${at}@example.com`), 0, local)).ok)
  assert.ok(!(await claim(code('jane+0@example.com'), 60, local)).ok)
})

test('a workspace sends 50 a day in its first week and is free after it [C1-mail-tenant]', async () => {
  const young = { id: 'a1b2c3d4e5f6', created: start }
  const invite = (at: number): MailClaim => ({ ...code(`p${at}@example.com`), kind: 'tenant', tenant: young })
  for (let at = 0; at < 50; at++) assert.ok((await claim(invite(at))).ok)
  assert.deepEqual(await claim(invite(51), 60), { ok: false, retryAfterSeconds: day - 60 })
  assert.ok((await claim({ ...invite(51), tenant: { id: '000000000000', created: start } }, 60)).ok)
  for (let at = 0; at < 60; at++) assert.ok((await claim(invite(at), 7 * day)).ok)
})

test('mail of a workspace does not wait 2 minutes for one address', async () => {
  const invite: MailClaim = { ...code('jane@example.com'), kind: 'tenant' }
  assert.ok((await claim(invite)).ok)
  assert.ok((await claim(invite)).ok)
})

test('the install’s day counts every mail in the outbox and frees as the oldest leaves it [C1-mail-install]', async () => {
  const capped = { settings: { mailsPerDay: 20 } }
  await db.install((tx) => putMails(tx, 19, start))
  assert.ok((await claim(code('a@example.com'), 60, capped)).ok)
  await db.install((tx) => putMails(tx, 1, addSeconds(start, 30)))
  assert.deepEqual(await claim(code('b@example.com'), 60, capped), { ok: false, retryAfterSeconds: day - 60 })
  assert.ok((await claim(code('b@example.com'), day, capped)).ok)
  assert.ok((await claim(code('c@example.com'), 60, { settings: { mailsPerDay: 0 } })).ok)
})

test('racing claims never post more than the install’s day [C1-mail-install]', async () => {
  const capped = { ...budget, settings: { mailsPerDay: 5 } }
  const post = (at: number) =>
    db.install(async (tx) => {
      const answer = await claimMailBudget(tx, capped, start, code(`r${at}@example.com`))
      if (answer.ok) await putMails(tx, 1, start)
      return answer.ok
    })
  const answers = await Promise.all(Array.from({ length: 24 }, (_, at) => post(at)))
  assert.equal(answers.filter(Boolean).length, 5)
})

test('racing claims for one address get one mail', async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => claim(code('jane@example.com'))))
  assert.equal(answers.filter(({ ok }) => ok).length, 1)
})

test('a refused claim counts nothing, though its transaction goes on and commits', async () => {
  for (let at = 0; at < 10; at++) assert.ok((await claim(code(`jane+${at}@example.com`))).ok)
  // Its mailbox is full, so the claim of the fresh address must not keep that address waiting.
  await db.install(async (tx) => {
    const answer = await claimMailBudget(tx, budget, start, code('jane+new@example.com'))
    assert.ok(!answer.ok)
    await putMails(tx, 1, start)
  })
  const other = { ...code('jane+new@example.com'), foldedAddress: 'other@example.com' }
  assert.ok((await claim(other)).ok)
  assert.equal((await db.install((tx) => tx.selectFrom('outbox').select('id').execute())).length, 1)
})
