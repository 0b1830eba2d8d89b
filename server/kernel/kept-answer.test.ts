import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { anotherCode, askForCode, mailedCode, newWish, signUp } from '../../testing/signups.ts'
import { type Answer, openWorld } from '../../testing/world.ts'
import { openConnection } from './db.ts'
import { answerOnce } from './kept-answer.ts'
import { problem } from './problem.ts'

const world = await openWorld({ after }, 'kept_answer')
const longKey = 'a-key-of-more-than-twenty-two-characters'
let keys = 0

function newKey(): string {
  keys += 1
  return `${longKey}-${keys}`
}

function code(body: object, key: string, more: { from?: string; url?: string } = {}): Promise<Answer> {
  const { url = '/api/bo/on/agent/code', from } = more
  return world.call(`POST ${url}`, { body, headers: { 'idempotency-key': key }, ...(from ? { from } : {}) })
}

const isReplay = ({ headers }: Answer) => headers['idempotent-replayed'] === 'true'

test('the same key and body get the first answer again and send nothing more [C1-key-replay]', async () => {
  const [wish, key] = [newWish(), newKey()]
  const first = await code(wish, key)
  assert.deepEqual([first.status, isReplay(first)], [200, false])
  world.pass(600)
  const again = await code(wish, key)
  assert.deepEqual([again.status, isReplay(again), again.body], [200, true, first.body])
  assert.equal((await world.letters(wish.email)).length, 1)
})

test('an answer is kept for 24 hours and then the request is a new one [C1-key-day]', async () => {
  const [wish, key] = [newWish(), newKey()]
  const first = await code(wish, key)
  world.pass(24 * 3600 - 1)
  assert.deepEqual((await code(wish, key)).body, first.body)
  world.pass(1)
  const later = await code(wish, key)
  assert.deepEqual([later.status, isReplay(later)], [200, false])
  assert.notEqual(later.body.signupId, first.body.signupId)
})

test('of anonymous callers the same key with another body is another request [C1-key-anonymous]', async () => {
  const key = newKey()
  const [one, other] = [await code(newWish(), key), await code(newWish(), key)]
  assert.deepEqual([one.status, other.status, isReplay(other)], [200, 200, false])
  assert.notEqual(one.body.signupId, other.body.signupId)
})

test('the key counts per path with its query [C1-key-path]', async () => {
  const [wish, key] = [newWish(), newKey()]
  await code(wish, key)
  for (const url of ['/api/bo/on/agent/code?api-version=1.0', '/api/v1/bo/on/agent/code'])
    assert.equal((await code(wish, key, { url })).body.code, 'CODE_RECENTLY_SENT')
})

test('in step 1 a key under 22 characters counts only from the same address [C1-key-short]', async () => {
  const [wish, from] = [newWish(), world.stranger()]
  const [short, long] = ['x'.repeat(21), 'x'.repeat(22)]
  const first = await code(wish, short, { from })
  assert.deepEqual((await code(wish, short, { from })).body, first.body)
  const stranger = await code(wish, short)
  assert.deepEqual([stranger.body.code, stranger.body.signupId], ['CODE_RECENTLY_SENT', undefined])
  world.pass(120)
  const safe = await code(wish, long, { from })
  assert.deepEqual((await code(wish, long)).body, safe.body, 'nobody guesses that one')
})

test('429 is not kept: the same key works when the wait is over [C1-key-not-kept]', async () => {
  const [wish, key] = [newWish(), newKey()]
  await askForCode(world, wish)
  assert.equal((await code(wish, key)).status, 429)
  world.pass(120)
  const answer = await code(wish, key)
  assert.deepEqual([answer.status, isReplay(answer)], [200, false])
})

test('our own failure and an unreachable database leave nothing behind, neither key nor work [C1-key-not-kept, C1-key-atomic]', async () => {
  const [wish, key] = [newWish(), newKey()]
  const superuser = await openConnection(world.database.superuser)
  await superuser.query('alter table outbox rename to outbox_gone')
  const failed = await code(wish, key)
  await superuser.query('alter table outbox_gone rename to outbox')
  await superuser.end()
  assert.deepEqual([failed.status, failed.body.code, failed.body.kind], [500, 'INTERNAL_ERROR', 'Exception'])
  assert.equal(failed.body.nextActions[0].name, 'repeat')
  assert.doesNotMatch(failed.text, /outbox|select|insert|\.ts/)
  const answer = await code(wish, key)
  assert.deepEqual([answer.status, isReplay(answer)], [200, false], 'no two minutes were counted')
})

test('a refusal is kept with what it said, also after its cause is gone [C1-key-replay]', async () => {
  const [owner, key] = [newWish(), newKey()]
  await askForCode(world, owner)
  const done = await signUp(world, { ...owner, verificationCode: await mailedCode(world, owner.email) })
  const late = newWish({ domain: done.body.domain })
  const refused = await code(late, key)
  assert.deepEqual([refused.status, refused.body.code], [409, 'DOMAIN_TAKEN'])
  await world.db.install((tx) =>
    tx.updateTable('tenants').set({ domain: null }).where('id', '=', done.body.tenantId).execute()
  )
  const { body, ...again } = await code(late, key)
  assert.deepEqual([again.status, again.headers['idempotent-replayed']], [409, 'true'])
  assert.deepEqual({ ...body, requestId: '' }, { ...refused.body, requestId: '' })
  assert.equal((await code(late, newKey())).status, 200)
})

test('a wrong code with a key costs one try, however often it is repeated [C1-key-replay, C2-code-tries]', async () => {
  const [wish, key] = [newWish(), 'k']
  const { signupId } = (await askForCode(world, wish)).body
  const verificationCode = anotherCode(await mailedCode(world, wish.email))
  for (let count = 0; count < 8; count++) {
    const { body } = await signUp(world, { signupId, verificationCode }, { key })
    assert.deepEqual([body.code, body.attemptsRemaining], ['INVALID_VERIFICATION_CODE', 4])
  }
  const { body } = await signUp(world, { signupId, verificationCode }, { key: 'another' })
  assert.equal(body.attemptsRemaining, 3)
})

for (const [name, key] of [
  ['empty', ''],
  ['256 characters', 'x'.repeat(256)],
  ['not ASCII', 'clé'],
  ['a tab', 'a\tb']
] as const)
  test(`a key that is not 1 to 255 printable characters is refused: ${name} [C1-key-shape]`, async () => {
    const wish = newWish()
    const { status, body } = await code(wish, key)
    assert.deepEqual([status, body.code], [400, 'IDEMPOTENCY_KEY_INVALID'])
    assert.deepEqual(await world.letters(wish.email), [])
    assert.equal((await code(wish, `${'x'.repeat(254)}~`)).status, 200)
  })

test('what is kept is sealed, and its key is a keyed hash [C1-key-sealed]', async () => {
  const [wish, key] = [newWish(), newKey()]
  const { body } = await code(wish, key)
  const rows = await world.db.install((tx) => tx.selectFrom('kept_answers').selectAll().execute())
  const stored = Buffer.concat(
    rows.flatMap((row) => [row.key_hash, row.request_hash, row.sealed ?? Buffer.alloc(0)])
  )
  assert.ok(rows.length > 0 && rows.every((row) => row.sealed))
  for (const secret of [key, body.signupId, wish.email, wish.domain, 'Verification code sent'])
    assert.ok(!stored.includes(secret), secret)
})

const once = { secrets: world.secrets, now: new Date() }

function onceKey(name: string, body = '') {
  return { keyHash: world.secrets.hash('test', name), requestHash: world.secrets.hash('test-body', body) }
}

test('the same key of one client with another body is IDEMPOTENCY_KEY_REUSED [C1-key-reused]', async () => {
  const run = (body: string) =>
    world.db.install((tx) => answerOnce(tx, once, onceKey('reused', body), async () => body))
  assert.deepEqual(await run('one'), { answer: 'one', isReplay: false })
  await assert.rejects(run('two'), { code: 'IDEMPOTENCY_KEY_REUSED' })
  assert.deepEqual(await run('one'), { answer: 'one', isReplay: true })
})

test('a copy on another node waits for the running one up to 5 s, then REQUEST_IN_PROGRESS [C1-key-running]', async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const run = (name: string, gate?: Promise<void>) =>
    world.db.install((tx) =>
      answerOnce(tx, once, onceKey(name), async () => {
        await gate
        return name
      })
    )
  const [slow, quick] = [run('slow', gates[0]?.promise), run('quick', gates[1]?.promise)]
  await new Promise((resolve) => setTimeout(resolve, 200))
  const [late, early] = [run('slow'), run('quick')]
  setTimeout(() => gates[1]?.resolve(), 300)
  assert.deepEqual(await early, { answer: 'quick', isReplay: true })
  await assert.rejects(late, { code: 'REQUEST_IN_PROGRESS', retryAfterSeconds: 5 })
  for (const gate of gates) gate.resolve()
  assert.deepEqual([(await slow).isReplay, (await quick).isReplay], [false, false])
  assert.deepEqual(await run('slow'), { answer: 'slow', isReplay: true })
})

test('a copy in this process waits for the running one up to 5 s, then 409 with Retry-After [C1-key-running]', async () => {
  const [wish, key] = [newWish(), newKey()]
  const blocker = await openConnection(world.database.superuser)
  await blocker.query('begin')
  await blocker.query('lock table signups in access exclusive mode')
  const original = code(wish, key)
  await new Promise((resolve) => setTimeout(resolve, 200))
  const copy = await code(wish, key)
  assert.deepEqual(
    [copy.status, copy.body.code, copy.headers['retry-after']],
    [409, 'REQUEST_IN_PROGRESS', '5']
  )
  assert.deepEqual([copy.body.retry, copy.body.nextActions[0].afterSeconds], ['after', 5])
  await blocker.query('rollback')
  await blocker.end()
  const first = await original
  assert.equal(first.status, 200)
  assert.deepEqual((await code(wish, key)).body, first.body)
})

test('a refusal that keeps its writes commits them with the answer, any other takes its writes back [C1-key-atomic]', async () => {
  const count = (bucket: string) =>
    world.db.install((tx) =>
      tx
        .selectFrom('limit_hits')
        .select('bucket')
        .where('bucket', '=', world.secrets.hash('test', bucket))
        .execute()
    )
  for (const keepsWrites of [true, false]) {
    const name = `writes-${keepsWrites}`
    const work = world.db.install((tx) =>
      answerOnce(tx, once, onceKey(name), async () => {
        const row = { bucket: world.secrets.hash('test', name), hits: [], expires: once.now }
        await tx.insertInto('limit_hits').values(row).execute()
        throw problem('INVALID_VERIFICATION_CODE', { keepsWrites })
      })
    )
    await assert.rejects(work, { code: 'INVALID_VERIFICATION_CODE' })
    assert.equal((await count(name)).length, keepsWrites ? 1 : 0)
    const again = world.db.install((tx) => answerOnce(tx, once, onceKey(name), async () => 'never'))
    await assert.rejects(again, { code: 'INVALID_VERIFICATION_CODE', isReplay: true })
  }
})
