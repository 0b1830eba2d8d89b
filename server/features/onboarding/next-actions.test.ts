import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { finishByNextActions } from '../../../testing/dumb-client.ts'
import {
  anotherCode,
  askForCode,
  mailedCode,
  mailedLink,
  newWish,
  openWorkspaceFor,
  signUp,
  type Wish
} from '../../../testing/signups.ts'
import { type Answer, openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'next_actions')
const json = { 'content-type': 'application/json' }

type Begun = { wish: Wish; path: string; signupId: string; verificationCode: string; from: string }

async function begin(over: object = {}): Promise<Begun> {
  const wish = newWish()
  const from = world.stranger()
  const { signupId } = (await askForCode(world, { ...wish, ...over }, from)).body
  const path = `/api/bo/on/agent/signups/${signupId}`
  return { wish, path, signupId, verificationCode: await mailedCode(world, wish.email), from }
}

async function takenDomain(): Promise<string> {
  return (await openWorkspaceFor(world, newWish())).workspace.domain
}

async function times(count: number, act: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < count; done++) await act()
}

const post = (what: string, body?: unknown, headers: Record<string, string> = {}) =>
  world.call(`POST ${what}`, { headers, ...(body === undefined ? {} : { body }) })

async function resendLater(path: string): Promise<Answer> {
  world.pass(120)
  return post(`${path}/resend`)
}

async function signUpLater(seconds: number, body: object): Promise<Answer> {
  world.pass(seconds)
  return signUp(world, body)
}

/** Errors of step 1, by what is wrong with the four fields. */
const faultyFields: Record<string, () => object | Promise<object>> = {
  NAME_REQUIRED: () => ({ name: '' }),
  NAME_INVALID: () => ({ name: 'a\u202eb' }),
  EMAIL_REQUIRED: () => ({ email: null }),
  EMAIL_INVALID: () => ({ email: 'jane at acme' }),
  COMPANY_REQUIRED: () => ({ company: 7 }),
  COMPANY_INVALID: () => ({ company: 'x'.repeat(121) }),
  DOMAIN_REQUIRED: () => ({ domain: ' ' }),
  DOMAIN_TOO_SHORT: () => ({ domain: 'a' }),
  DOMAIN_TOO_LONG: () => ({ domain: 'a'.repeat(30) }),
  DOMAIN_INVALID: () => ({ domain: 'Acme Corp' }),
  DOMAIN_BLACKLISTED: () => ({ domain: 'billing' }),
  DOMAIN_TAKEN: async () => ({ domain: await takenDomain() }),
  AGENT_INVALID: () => ({ agent: { name: 'Bot', codeChallenge: 'short' } })
}

for (const [code, over] of Object.entries(faultyFields)) {
  test(`next actions lead on from ${code} in step 1 [C2-next-actions, C2-error-members]`, async () => {
    const wish = newWish()
    await finishFrom(code, wish, await askForCode(world, { ...wish, ...(await over()) }))
  })

  if (code === 'AGENT_INVALID') continue
  for (const isSeedOnly of [false, true])
    test(`next actions lead on from ${code} in step 2 ${isSeedOnly ? 'without' : 'with'} signupId [C2-next-actions]`, async () => {
      const { wish, signupId, verificationCode } = await begin()
      const handle = isSeedOnly ? {} : { signupId }
      if (code === 'DOMAIN_TAKEN') await openWorkspaceFor(world, newWish({ domain: wish.domain }))
      const broken = code === 'DOMAIN_TAKEN' || (code.endsWith('REQUIRED') && !isSeedOnly) ? {} : await over()
      const emptied = code.endsWith('REQUIRED') && !isSeedOnly ? { [fieldOf(code)]: '' } : {}
      const answer = await signUp(world, { ...wish, ...broken, ...emptied, ...handle, verificationCode })
      await finishFrom(code, wish, answer)
    })
}

function fieldOf(code: string): string {
  return code.split('_', 1)[0]?.toLowerCase() ?? ''
}

async function finishFrom(code: string, wish: Wish, answer: Answer): Promise<Answer> {
  const { body, status } = answer
  assert.equal(body.code, code, `the error was not brought about: ${status} ${answer.text}`)
  assert.ok(Array.isArray(body.errors) && Array.isArray(body.fields))
  assert.ok(['never', 'after', 'with-change'].includes(body.retry))
  for (const member of ['kind', 'message', 'requestId']) assert.equal(typeof body[member], 'string', member)
  if (status === 429) assert.equal(answer.headers['retry-after'], String(body.retryAfterSeconds))
  if (body.field) assert.equal(body.errors[0].field, body.field)
  const done = await finishByNextActions(world, answer, wish)
  assert.match(done.body.message, new RegExp(`sent to ${wish.email}\\.$`))
  return done
}

/** Every other error that a caller can bring about. Each answers the refused call. */
const refusals: [code: string, how: string, refuse: (wish: Begun) => Promise<Answer>][] = [
  [
    'INVALID_VERIFICATION_CODE',
    'with signupId',
    ({ signupId, verificationCode }) =>
      signUp(world, { signupId, verificationCode: anotherCode(verificationCode) })
  ],
  [
    'INVALID_VERIFICATION_CODE',
    'without signupId',
    ({ wish, verificationCode }) =>
      signUp(world, { ...wish, verificationCode: anotherCode(verificationCode) })
  ],
  [
    'INVALID_VERIFICATION_CODE',
    'for another e-mail',
    ({ signupId, verificationCode }) => signUp(world, { signupId, verificationCode, email: newWish().email })
  ],
  [
    'INVALID_VERIFICATION_CODE',
    'for another name without signupId',
    ({ wish, verificationCode }) => signUp(world, { ...wish, name: 'Somebody', verificationCode })
  ],
  [
    'INVALID_VERIFICATION_CODE',
    'locked, without signupId',
    async ({ wish, verificationCode }) => {
      const guess = { ...wish, verificationCode: anotherCode(verificationCode) }
      await times(5, () => signUp(world, guess))
      return signUp(world, { ...wish, verificationCode })
    }
  ],
  [
    'VERIFICATION_CODE_LOCKED',
    'with signupId',
    async ({ signupId, verificationCode }) => {
      await times(5, () => signUp(world, { signupId, verificationCode: anotherCode(verificationCode) }))
      return signUp(world, { signupId, verificationCode })
    }
  ],
  [
    'VERIFICATION_CODE_LOCKED',
    'with all three codes sent',
    async ({ signupId, wish, path }) => {
      await times(2, () => resendLater(path))
      const verificationCode = anotherCode(await mailedCode(world, wish.email))
      await times(5, () => signUp(world, { signupId, verificationCode }))
      return signUp(world, { signupId, verificationCode })
    }
  ],
  [
    'VERIFICATION_CODE_EXPIRED',
    'with signupId',
    ({ signupId, verificationCode }) => signUpLater(600, { signupId, verificationCode })
  ],
  [
    'VERIFICATION_CODE_EXPIRED',
    'without signupId',
    ({ wish, verificationCode }) => signUpLater(600, { ...wish, verificationCode })
  ],
  [
    'SIGNUP_EXPIRED',
    'in step 2',
    ({ signupId, verificationCode }) => signUpLater(3600, { signupId, verificationCode })
  ],
  [
    'SIGNUP_EXPIRED',
    'in resend',
    async ({ path }) => {
      world.pass(3600)
      return post(`${path}/resend`)
    }
  ],
  ['SIGNUP_NOT_FOUND', 'in step 2', ({ wish }) => signUp(world, { ...wish, signupId: 'A'.repeat(22) })],
  ['SIGNUP_NOT_FOUND', 'in status', () => world.call('GET /api/bo/on/agent/signups/nonsense')],
  [
    'SIGNUP_CANCELLED',
    'in step 2',
    async ({ path, signupId }) => {
      await post(`${path}/cancel`)
      return signUp(world, { signupId })
    }
  ],
  [
    'SIGNUP_REJECTED',
    'in resend',
    async ({ wish, path }) => {
      const link = await mailedLink(world, wish.email, 'confirm')
      await world.call(`POST ${link.path}/refusal`, { form: {} })
      return post(`${path}/resend`)
    }
  ],
  [
    'SIGNUP_UNDONE',
    'in step 2',
    async ({ wish, signupId, verificationCode }) => {
      await signUp(world, { signupId, verificationCode })
      const { path, host } = await mailedLink(world, wish.email, 'undo')
      await world.call(`POST ${path}`, { host, form: {} })
      return signUp(world, { signupId, verificationCode })
    }
  ],
  [
    'SIGNUP_COMPLETED',
    'in resend, when the answer of step 2 was lost',
    async ({ path, signupId, verificationCode }) => {
      await signUp(world, { signupId, verificationCode })
      return post(`${path}/resend`)
    }
  ],
  ['CODE_RECENTLY_SENT', 'in step 1', ({ wish }) => askForCode(world, wish)],
  ['CODE_RECENTLY_SENT', 'in resend', ({ path }) => post(`${path}/resend`)],
  [
    'RATE_LIMITED',
    'in step 1',
    async ({ wish, from }) => {
      await times(4, () => askForCode(world, {}, from))
      return askForCode(world, wish, from)
    }
  ],
  [
    'RATE_LIMITED',
    'in step 2',
    async ({ signupId, verificationCode, from }) => {
      await times(4, () => askForCode(world, {}, from))
      return signUp(world, { signupId, verificationCode }, { from })
    }
  ],
  [
    'RESENDS_USED_UP',
    'in resend',
    async ({ path }) => {
      await times(2, () => resendLater(path))
      return post(`${path}/resend`)
    }
  ],
  [
    'CORRECTIONS_USED_UP',
    'in email',
    async ({ path }) => {
      await times(2, () => post(`${path}/email`, { email: newWish().email }))
      return post(`${path}/email`, { email: newWish().email })
    }
  ],
  ['EMAIL_INVALID', 'in email', ({ path }) => post(`${path}/email`, { email: 'jane' })],
  ['MALFORMED_BODY', 'in step 1', () => post('/api/bo/on/agent/code', '{', json)],
  ['MALFORMED_BODY', 'in step 2', () => post('/api/bo/on/agent/signup', '{', json)],
  ['MALFORMED_BODY', 'in email', ({ path }) => post(`${path}/email`, '{', json)],
  ['MALFORMED_BODY', 'in check', () => post('/api/bo/on/agent/check', '{', json)],
  [
    'UNSUPPORTED_MEDIA_TYPE',
    'in step 1',
    () => post('/api/bo/on/agent/code', 'name=x', { 'content-type': 'text/plain' })
  ],
  ['BODY_TOO_LARGE', 'in step 2', () => post('/api/bo/on/agent/signup', { name: 'x'.repeat(20_000) })],
  [
    'IDEMPOTENCY_KEY_INVALID',
    'in step 1',
    ({ wish }) => post('/api/bo/on/agent/code', wish, { 'idempotency-key': 'é' })
  ],
  [
    'IDEMPOTENCY_KEY_INVALID',
    'in resend',
    ({ path }) => post(`${path}/resend`, undefined, { 'idempotency-key': '\u0001' })
  ],
  ['API_VERSION_UNSUPPORTED', 'in step 2', ({ wish }) => post('/api/bo/on/agent/signup?api-version=7', wish)],
  ['AMBIGUOUS_API_VERSION', 'in step 1', ({ wish }) => post('/api/v1/bo/on/agent/code?api-version=2', wish)]
]

for (const [code, how, refuse] of refusals)
  test(`next actions lead on from ${code} ${how} [C2-next-actions, C2-error-members]`, async () => {
    const begun = await begin()
    await finishFrom(code, begun.wish, await refuse(begun))
  })

test('next actions lead through a whole sign-up from nothing but an empty body, from check and from status [C2-next-actions]', async () => {
  for (const step of ['code', 'check', 'signup']) {
    const wish = newWish()
    const done = await finishByNextActions(world, await post(`/api/bo/on/agent/${step}`, {}), wish)
    assert.equal(done.body.domain.length > 2, true)
  }
  const { wish, path } = await begin()
  const done = await finishByNextActions(world, await world.call(`GET ${path}`), wish)
  assert.equal(done.body.domain, wish.domain)
})

test('sound fields stand in the next action, so that a caller need remember nothing', async () => {
  const wish = newWish()
  const agent = { name: 'Claude Code', codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' }
  const { body } = await askForCode(world, { ...wish, domain: 'login', agent })
  assert.deepEqual(body.nextActions[0], {
    name: 'start',
    method: 'POST',
    url: 'http://localhost:6050/api/bo/on/agent/code',
    body: { ...wish, domain: body.suggestions[0], agent }
  })
})
