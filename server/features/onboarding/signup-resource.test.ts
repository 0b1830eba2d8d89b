import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openMailbox } from '../../../testing/mailbox.ts'
import {
  askForCode,
  mailedCode,
  mailedLink,
  newWish,
  openWorkspaceFor,
  signUp
} from '../../../testing/signups.ts'
import { type Answer, openWorld, until } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'signup_resource')

async function begin(over: object = {}) {
  const wish = newWish(over)
  const { signupId } = (await askForCode(world, wish)).body
  const path = `/api/bo/on/agent/signups/${signupId}`
  return {
    wish,
    signupId: signupId as string,
    status: () => world.call(`GET ${path}`),
    resend: () => world.call(`POST ${path}/resend`),
    cancel: () => world.call(`POST ${path}/cancel`),
    email: (email: unknown) => world.call(`POST ${path}/email`, { body: { email } })
  }
}

const codeOf = ({ status, body }: Answer) => [status, body.code]
const names = ({ body }: Answer) => body.nextActions.map(({ name }: { name: string }) => name)

test('check names every fault at once, tells whether the domain is free, offers three, and sends nothing [C2-check, C2-suggestions]', async () => {
  const wish = newWish()
  const good = await world.call('POST /api/bo/on/agent/check', { body: wish })
  assert.equal(good.status, 200)
  const { nextActions, suggestions, ...said } = good.body
  assert.deepEqual(said, { valid: true, domainAvailable: true, errors: [] })
  assert.equal(suggestions.length, 3)
  assert.deepEqual(nextActions[0].body, wish)
  const bad = await world.call('POST /api/bo/on/agent/check', { body: { domain: 'login', agent: {} } })
  assert.deepEqual(
    bad.body.errors.map(({ code }: { code: string }) => code),
    ['NAME_REQUIRED', 'EMAIL_REQUIRED', 'COMPANY_REQUIRED', 'DOMAIN_BLACKLISTED', 'AGENT_INVALID']
  )
  assert.deepEqual([bad.body.valid, bad.body.domainAvailable], [false, false])
  const { workspace } = await openWorkspaceFor(world, newWish())
  const taken = await world.call('POST /api/bo/on/agent/check', {
    body: { ...wish, domain: workspace.domain }
  })
  assert.deepEqual([taken.body.domainAvailable, taken.body.errors[0].code], [false, 'DOMAIN_TAKEN'])
  assert.deepEqual(await world.letters(wish.email), [])
  assert.equal((await askForCode(world, wish)).status, 200, 'check held nothing back')
})

test('the status shows state and delivery, the address masked, no name, no company [C2-status]', async () => {
  const signup = await begin({ name: 'Xaverine Quux', company: 'Zyzzy Ltd' })
  const { status, body, text } = await signup.status()
  assert.equal(status, 200)
  assert.match(body.email, /^j\*\*\*@/)
  assert.ok(['queued', 'accepted'].includes(body.delivery))
  assert.equal(body.workspace, undefined)
  for (const secret of ['Xaverine', 'Zyzzy', signup.wish.email, await mailedCode(world, signup.wish.email)])
    assert.ok(!text.includes(secret), secret)
  const { nextActions: _, expiresAt: __, codeExpiresAt: ___, delivery: ____, email: _____, ...rest } = body
  assert.deepEqual(rest, {
    signupId: signup.signupId,
    status: 'awaiting_confirmation',
    resendAfterSeconds: 120,
    attemptsRemaining: 5,
    sendsRemaining: 2,
    correctionsRemaining: 2
  })
})

test('a status read any number of times changes nothing', async () => {
  const signup = await begin()
  const once = (await signup.status()).body
  for (let count = 0; count < 5; count++) assert.equal((await signup.status()).body.expiresAt, once.expiresAt)
  const verificationCode = await mailedCode(world, signup.wish.email)
  assert.equal((await signUp(world, { ...signup.wish, verificationCode })).status, 200)
})

test('resend sends a new code and kills the old one with its link [C2-resend, C2-die-together]', async () => {
  const { wish, signupId, resend } = await begin()
  const first = await mailedCode(world, wish.email)
  const oldLink = await mailedLink(world, wish.email, 'confirm')
  world.pass(120)
  const answer = await resend()
  assert.deepEqual(
    [answer.status, answer.body.message, answer.body.sendsRemaining, answer.body.resendAfterSeconds],
    [200, 'Verification code sent', 1, 120]
  )
  const second = await mailedCode(world, wish.email)
  await world.call(`POST ${oldLink.path}/approval`, { form: {} })
  if (first !== second) {
    assert.deepEqual(codeOf(await signUp(world, { signupId, verificationCode: first })), [
      422,
      'INVALID_VERIFICATION_CODE'
    ])
    const plain = await signUp(world, { ...wish, verificationCode: first })
    assert.equal(plain.body.code, 'INVALID_VERIFICATION_CODE')
  }
  assert.equal((await signUp(world, { signupId, verificationCode: second })).status, 200)
})

test('a sign-up gets three codes, two minutes apart, and no fourth [C2-resend-limits]', async () => {
  const { wish, resend } = await begin()
  for (const left of [1, 0]) {
    world.pass(119)
    const early = await resend()
    assert.deepEqual([...codeOf(early), early.body.retryAfterSeconds], [429, 'CODE_RECENTLY_SENT', 1])
    world.pass(1)
    assert.equal((await resend()).body.sendsRemaining, left)
  }
  world.pass(121)
  const used = await resend()
  assert.deepEqual(codeOf(used), [422, 'RESENDS_USED_UP'])
  assert.deepEqual([used.body.sendsRemaining, used.body.attemptsRemaining], [0, 5])
  assert.deepEqual(names(used), ['complete', 'start', 'status', 'cancel'])
  assert.equal((await world.letters(wish.email)).length, 3)
})

test('email corrects the address; what was sent to the old one dies, code and link [C2-email, C2-die-together]', async () => {
  const { wish, signupId, email } = await begin()
  const old = await mailedCode(world, wish.email)
  const oldLink = await mailedLink(world, wish.email, 'confirm')
  const right = newWish().email
  assert.deepEqual(codeOf(await email('nobody')), [422, 'EMAIL_INVALID'])
  const answer = await email(right)
  assert.deepEqual([answer.status, answer.body.sendsRemaining], [200, 1])
  const page = await world.call(`GET ${oldLink.path}`)
  assert.ok(!page.text.includes(wish.company) && !page.text.includes(right), 'the old mailbox learns nothing')
  for (const act of ['approval', 'refusal']) await world.call(`POST ${oldLink.path}/${act}`, { form: {} })
  for (const body of [
    { signupId, verificationCode: old },
    { ...wish, verificationCode: old },
    { ...wish, email: right, verificationCode: old }
  ]) {
    if (old === (await mailedCode(world, right))) continue
    assert.equal((await signUp(world, body)).body.code, 'INVALID_VERIFICATION_CODE')
  }
  const verificationCode = await mailedCode(world, right)
  const done = await signUp(world, { ...wish, email: right, verificationCode, signupId })
  assert.equal(done.status, 200)
  assert.match(done.body.message, new RegExp(`sent to ${right}\\.$`))
  assert.equal((await world.letters(wish.email)).length, 1, 'the wrong address hears no more')
})

test('the address can be corrected twice, not after confirmation [C2-email]', async () => {
  const { email } = await begin()
  for (const left of [1, 0]) assert.equal((await email(newWish().email)).body.sendsRemaining, left)
  const used = await email(newWish().email)
  assert.deepEqual(codeOf(used), [422, 'CORRECTIONS_USED_UP'])
  assert.equal(names(used)[0], 'start')
  assert.ok(!names(used).includes('correctEmail') && !names(used).includes('resend'))
  const other = await begin()
  const verificationCode = await mailedCode(world, other.wish.email)
  await signUp(world, { signupId: other.signupId, verificationCode })
  assert.deepEqual(codeOf(await other.email(newWish().email)), [422, 'SIGNUP_COMPLETED'])
  assert.deepEqual(codeOf(await other.resend()), [422, 'SIGNUP_COMPLETED'])
  assert.deepEqual(codeOf(await other.cancel()), [422, 'SIGNUP_COMPLETED'])
})

test('cancel ends it: code and links die, and a repeat changes nothing [C2-cancel, C2-state-cancelled, C2-die-together, C2-error-gone]', async () => {
  const signup = await begin()
  const verificationCode = await mailedCode(world, signup.wish.email)
  const { path } = await mailedLink(world, signup.wish.email, 'confirm')
  for (let count = 0; count < 2; count++) {
    const { status, body } = await signup.cancel()
    assert.deepEqual([status, body.status, body.nextActions[0].name], [200, 'cancelled', 'start'])
  }
  await world.call(`POST ${path}/approval`, { form: {} })
  const { wish, signupId } = signup
  assert.deepEqual(codeOf(await signUp(world, { signupId, verificationCode })), [410, 'SIGNUP_CANCELLED'])
  assert.deepEqual(codeOf(await signUp(world, { ...wish, verificationCode })), [
    422,
    'INVALID_VERIFICATION_CODE'
  ])
  world.pass(120)
  assert.deepEqual(codeOf(await signup.resend()), [410, 'SIGNUP_CANCELLED'])
  assert.deepEqual(codeOf(await signup.email(newWish().email)), [410, 'SIGNUP_CANCELLED'])
  const { body } = await signup.status()
  assert.deepEqual(
    [body.status, body.codeExpiresAt, body.attemptsRemaining, body.sendsRemaining],
    ['cancelled', null, 0, 0]
  )
})

test('"not me" makes it rejected; its code is dead [C2-state-rejected, C2-die-together, C2-error-gone]', async () => {
  const { wish, signupId, status, cancel } = await begin()
  const verificationCode = await mailedCode(world, wish.email)
  const { path } = await mailedLink(world, wish.email, 'confirm')
  await world.call(`POST ${path}/refusal`, { form: {} })
  assert.equal((await status()).body.status, 'rejected')
  assert.deepEqual(codeOf(await signUp(world, { signupId, verificationCode })), [410, 'SIGNUP_REJECTED'])
  assert.equal((await signUp(world, { ...wish, verificationCode })).body.code, 'INVALID_VERIFICATION_CODE')
  assert.deepEqual(codeOf(await cancel()), [410, 'SIGNUP_REJECTED'])
})

test('after 60 minutes it is expired, even with a code that is younger than ten [C2-state-expired, C2-die-together, C2-error-gone]', async () => {
  const { wish, signupId, status, resend } = await begin()
  const { path } = await mailedLink(world, wish.email, 'confirm')
  world.pass(3595)
  const { body } = await resend()
  assert.equal(body.codeExpiresAt, body.expiresAt)
  const verificationCode = await mailedCode(world, wish.email)
  const newest = await mailedLink(world, wish.email, 'confirm')
  assert.equal((await status()).body.status, 'awaiting_confirmation')
  world.pass(5)
  assert.equal((await status()).body.status, 'expired')
  assert.deepEqual(codeOf(await signUp(world, { signupId, verificationCode })), [410, 'SIGNUP_EXPIRED'])
  assert.deepEqual(codeOf(await signUp(world, { ...wish, verificationCode })), [
    422,
    'VERIFICATION_CODE_EXPIRED'
  ])
  for (const link of [path, newest.path]) await world.call(`POST ${link}/approval`, { form: {} })
  assert.equal((await status()).body.status, 'expired')
  assert.deepEqual(names(await status()), ['start'])
})

test('a confirmed sign-up is completed and names its workspace; undone it is undone [C2-state-completed, C2-state-undone]', async () => {
  const signup = await begin()
  const verificationCode = await mailedCode(world, signup.wish.email)
  const { tenantId, domain, loginUrl } = (await signUp(world, { ...signup.wish, verificationCode })).body
  const { body } = await signup.status()
  assert.deepEqual([body.status, body.workspace], ['completed', { tenantId, domain, loginUrl }])
  const undo = await mailedLink(world, signup.wish.email, 'undo')
  world.pass(72 * 3600 - 1)
  assert.equal((await world.call(`POST ${undo.path}`, { host: undo.host, form: {} })).status, 200)
  const after = (await signup.status()).body
  assert.deepEqual([after.status, after.workspace], ['undone', undefined])
  assert.deepEqual(codeOf(await signUp(world, { signupId: signup.signupId })), [410, 'SIGNUP_UNDONE'])
})

test('an unknown signupId is 404 SIGNUP_NOT_FOUND, whatever its shape [C2-error-not-found]', async () => {
  for (const id of ['A'.repeat(22), 'x', `%27%20or%201=1`, 'a'.repeat(300)]) {
    const path = `/api/bo/on/agent/signups/${id}`
    for (const what of [`GET ${path}`, `POST ${path}/resend`, `POST ${path}/cancel`, `POST ${path}/email`]) {
      const body = what.endsWith('email') ? { body: { email: newWish().email } } : {}
      const answer = await world.call(what, body)
      assert.deepEqual([...codeOf(answer), answer.body.kind], [404, 'SIGNUP_NOT_FOUND', 'NotFound'], what)
      assert.equal(answer.body.nextActions[0].name, 'start')
    }
  }
  for (const signupId of ['A'.repeat(22), '', 7, {}]) {
    const answer = await signUp(world, { ...newWish(), verificationCode: '123456', signupId })
    assert.deepEqual(codeOf(answer), [404, 'SIGNUP_NOT_FOUND'])
  }
})

test('where sign-up is closed every write is 403 SIGNUP_CLOSED with nothing to do next; the status can be read [C2-error-closed, S1-error-403]', async (t) => {
  const closed = await openWorld(t, 'signup_closed', { EKSO_SIGNUP: 'closed' })
  const body = newWish()
  const path = `/api/bo/on/agent/signups/${'A'.repeat(22)}`
  for (const url of ['check', 'code', 'signup']
    .map((step) => `/api/bo/on/agent/${step}`)
    .concat(['resend', 'email', 'cancel'].map((what) => `${path}/${what}`))) {
    const answer = await closed.call(`POST ${url}`, { body })
    assert.deepEqual([...codeOf(answer), answer.body.kind], [403, 'SIGNUP_CLOSED', 'Permission'], url)
    assert.deepEqual([answer.body.retry, answer.body.nextActions], ['never', []])
  }
  const approval = await closed.call('POST /confirm/AAAAAAAAAAAAAAAAAAAAAA/approval', { form: {} })
  assert.equal(approval.status, 403)
  assert.deepEqual(codeOf(await closed.call(`GET ${path}`)), [404, 'SIGNUP_NOT_FOUND'])
  assert.deepEqual(await closed.letters(body.email), [])
})

test('off localhost sign-up is closed unless it was opened [C2-error-closed, C5-signup-closed]', async (t) => {
  const off = { EKSO_PUBLIC_URL: 'https://ekso.example', SMTP_URL: 'smtp://127.0.0.1:9' }
  const closed = await openWorld(t, 'signup_off', off)
  assert.deepEqual(codeOf(await askForCode(closed, newWish())), [403, 'SIGNUP_CLOSED'])
  const opened = await openWorld(t, 'signup_on', { ...off, EKSO_SIGNUP: 'open' })
  const { status, body } = await askForCode(opened, newWish())
  assert.equal(status, 200)
  assert.ok(
    body.nextActions.every(({ url }: { url: string }) => url.startsWith('https://ekso.example/api/bo/'))
  )
})

test('the status tells that a mail bounced and leads to the correction, which arrives [C2-status, C2-email]', async (t) => {
  const mailbox = await openMailbox({ refuseRecipient: 550 })
  const mailed = await openWorld(t, 'signup_bounce', { SMTP_URL: mailbox.url })
  t.after(() => mailbox.close())
  const { body } = await askForCode(mailed, newWish())
  const path = `/api/bo/on/agent/signups/${body.signupId}`
  const read = async () => (await mailed.call(`GET ${path}`)).body
  await until(async () => (await read()).delivery === 'bounced')
  const [first] = (await read()).nextActions
  assert.deepEqual([first.name, first.body], ['correctEmail', { email: '<e-mail address of the person>' }])
  delete mailbox.manners.refuseRecipient
  const email = newWish().email
  assert.equal((await mailed.call(`POST ${path}/email`, { body: { email } })).status, 200)
  const { text } = await mailbox.waitForMail(({ to }) => to.includes(email))
  await until(async () => (await read()).delivery === 'accepted')
  const verificationCode = /^([0-9]{6})$/m.exec(text)?.[1]
  assert.equal((await signUp(mailed, { signupId: body.signupId, verificationCode })).status, 200)
})
