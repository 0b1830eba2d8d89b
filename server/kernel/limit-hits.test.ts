import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  anotherCode,
  askForCode,
  mailedCode,
  newWish,
  openWorkspaceFor,
  signUp
} from '../../testing/signups.ts'
import { openWorld } from '../../testing/world.ts'

const world = await openWorld({ after }, 'limit_hits')
const signups = '/api/bo/on/agent/signups'

test('the sixth request of one address within five minutes is 429 and says how long to wait [S2-limit-five, C1-error-429]', async () => {
  const from = world.stranger()
  for (let count = 1; count <= 5; count++) {
    const { headers, status } = await askForCode(world, newWish(), from)
    assert.equal(status, 200)
    assert.match(headers['ratelimit-policy'] ?? '', /"onboarding";q=5;w=300/)
    assert.match(headers.ratelimit ?? '', new RegExp(`"onboarding";r=${5 - count};`))
    world.pass(10)
  }
  const refused = await askForCode(world, newWish(), from)
  assert.deepEqual([refused.status, refused.body.code, refused.body.kind], [429, 'RATE_LIMITED', 'RateLimit'])
  assert.deepEqual([refused.headers['retry-after'], refused.body.retryAfterSeconds], ['250', 250])
  assert.equal(refused.body.retry, 'after')
  assert.equal((await askForCode(world, newWish())).status, 200, 'another address')
  world.pass(249)
  assert.equal((await askForCode(world, newWish(), from)).status, 429)
  world.pass(1)
  assert.equal((await askForCode(world, newWish(), from)).status, 200, 'the first of five is past')
  assert.equal((await askForCode(world, newWish(), from)).status, 429, 'but not the second')
})

test('both steps share the one limit, and refused requests count in it [S2-limit-shared]', async () => {
  const from = world.stranger()
  const wish = newWish()
  await askForCode(world, wish, from)
  const verificationCode = await mailedCode(world, wish.email)
  for (let count = 0; count < 3; count++)
    await signUp(world, { ...wish, verificationCode: anotherCode(verificationCode) }, { from })
  await askForCode(world, {}, from)
  const late = await signUp(world, { ...wish, verificationCode }, { from })
  assert.deepEqual([late.status, late.body.code], [429, 'RATE_LIMITED'])
  assert.equal((await signUp(world, { ...wish, verificationCode })).status, 200, 'from elsewhere')
})

test('IPv6 clients count by /64 [C1-limit-ipv6]', async () => {
  for (let host = 1; host <= 5; host++)
    assert.equal((await askForCode(world, newWish(), `2001:db8:0:7::${host}`)).status, 200)
  assert.equal((await askForCode(world, newWish(), '2001:db8:0:7:ffff::1')).status, 429)
  assert.equal((await askForCode(world, newWish(), '2001:db8:0:8::1')).status, 200)
})

test('resend and email draw on the five; check, status and cancel do not [C2-budget]', async () => {
  const from = world.stranger()
  const { signupId } = (await askForCode(world, newWish(), from)).body
  const call = (what: string, body?: object) => world.call(what, { from, ...(body ? { body } : {}) })
  for (let count = 0; count < 8; count++) {
    assert.equal((await call('POST /api/bo/on/agent/check', newWish())).status, 200)
    assert.equal((await call(`GET ${signups}/${signupId}`)).status, 200)
  }
  assert.equal((await call(`POST ${signups}/${signupId}/email`, { email: newWish().email })).status, 200)
  world.pass(120)
  assert.equal((await call(`POST ${signups}/${signupId}/resend`)).status, 200)
  await askForCode(world, {}, from)
  await askForCode(world, {}, from)
  for (const what of ['resend', 'email']) {
    const { status, body } = await call(`POST ${signups}/${signupId}/${what}`, { email: newWish().email })
    assert.deepEqual([status, body.code], [429, 'RATE_LIMITED'])
    assert.deepEqual(
      [body.nextActions[0].name, body.nextActions[0].afterSeconds],
      ['repeat', body.retryAfterSeconds]
    )
  }
  assert.equal((await call(`POST ${signups}/${signupId}/cancel`)).status, 200)
})

test('a repeat with an Idempotency-Key counts like any other call [C1-key-limits]', async () => {
  const from = world.stranger()
  const body = newWish()
  const headers = { 'idempotency-key': 'a key that is repeated often' }
  const call = () => world.call('POST /api/bo/on/agent/code', { body, headers, from })
  for (let count = 0; count < 5; count++) assert.equal((await call()).status, 200)
  assert.equal((await call()).status, 429)
  assert.equal((await world.letters(body.email)).length, 1)
})

test('parallel calls of one address get no more than five through', async () => {
  const from = world.stranger()
  const answers = await Promise.all(Array.from({ length: 30 }, () => askForCode(world, {}, from)))
  assert.equal(answers.filter(({ status }) => status === 422).length, 5)
  assert.equal(answers.filter(({ status }) => status === 429).length, 25)
})

test('no second code for one e-mail within two minutes, however it is spelt or who asks [S2-limit-two-minutes, C1-mail-as-typed]', async () => {
  const wish = newWish()
  assert.equal((await askForCode(world, wish)).status, 200)
  world.pass(30)
  for (const email of [wish.email, wish.email.toUpperCase(), ` ${wish.email} `]) {
    const { status, body, headers } = await askForCode(world, newWish({ email }))
    assert.deepEqual([status, body.code, body.kind], [429, 'CODE_RECENTLY_SENT', 'RateLimit'])
    assert.deepEqual([body.retryAfterSeconds, headers['retry-after']], [90, '90'])
    assert.equal(body.field, 'email')
  }
  world.pass(89)
  assert.equal((await askForCode(world, wish)).status, 429)
  world.pass(1)
  assert.equal((await askForCode(world, wish)).status, 200)
  assert.equal((await world.letters(wish.email)).length, 2)
})

test('an address with a +tag is another one for the two minutes [C1-mail-as-typed]', async () => {
  const wish = newWish()
  const [mailbox, host] = wish.email.split('@')
  await askForCode(world, wish)
  assert.equal((await askForCode(world, newWish({ email: `${mailbox}+two@${host}` }))).status, 200)
})

test('of parallel requests for one e-mail exactly one sends a code', async () => {
  const wish = newWish()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => askForCode(world, newWish({ email: wish.email })))
  )
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  assert.equal(answers.filter(({ body }) => body.code === 'CODE_RECENTLY_SENT').length, 19)
  assert.equal((await world.letters(wish.email)).length, 1)
})

test('the welcome mail waits for no two minutes [C1-mail-confirmed]', async () => {
  const wish = newWish()
  await openWorkspaceFor(world, wish)
  const kinds = (await world.letters(wish.email)).map(({ kind }) => kind)
  assert.deepEqual(kinds, ['welcome', 'signup-code'])
})

test('over the budget of the install step 1 answers CODE_RECENTLY_SENT, and when there is room again [C1-mail-refusal]', async (t) => {
  const poor = await openWorld(t, 'limit_mails', { EKSO_MAIL_PER_DAY: '2' })
  assert.equal((await askForCode(poor, newWish())).status, 200)
  poor.pass(3600)
  assert.equal((await askForCode(poor, newWish())).status, 200)
  const wish = newWish()
  const { status, body, headers } = await askForCode(poor, wish)
  assert.deepEqual([status, body.code, headers['retry-after']], [429, 'CODE_RECENTLY_SENT', '82800'])
  assert.deepEqual(await poor.letters(wish.email), [])
  poor.pass(82_800)
  assert.equal((await askForCode(poor, wish)).status, 200)
})
