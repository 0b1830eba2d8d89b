import assert from 'node:assert/strict'
import { after, test } from 'node:test'
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

const world = await openWorld({ after }, 'signup_completion')
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

async function begin(over: object = {}): Promise<{ wish: Wish; signupId: string; verificationCode: string }> {
  const wish = newWish(over)
  const { signupId } = (await askForCode(world, { ...wish, ...over })).body
  return { wish, signupId, verificationCode: await mailedCode(world, wish.email) }
}

const codeOf = ({ status, body }: Answer) => [status, body.code]
const invalid = [422, 'INVALID_VERIFICATION_CODE']

async function approve(email: string): Promise<void> {
  const { path } = await mailedLink(world, email, 'confirm')
  const answer = await world.call(`POST ${path}/approval`, { form: {} })
  assert.equal(answer.status, 303)
}

test('a wrong code is 422 and a used one too [S2-code-wrong, S2-code-used, C2-repeat-plain]', async () => {
  const { wish, verificationCode } = await begin()
  const wrong = await signUp(world, { ...wish, verificationCode: anotherCode(verificationCode) })
  assert.deepEqual(codeOf(wrong), invalid)
  assert.equal(wrong.body.message, 'The verification code is incorrect or already used')
  assert.equal((await signUp(world, { ...wish, verificationCode })).status, 200)
  assert.deepEqual(codeOf(await signUp(world, { ...wish, verificationCode })), invalid)
})

test('a code lives for ten minutes to the second [S2-code-ten-minutes, S2-code-expired]', async () => {
  const [early, late] = [await begin(), await begin()]
  world.pass(599)
  assert.equal((await signUp(world, { ...early.wish, verificationCode: early.verificationCode })).status, 200)
  world.pass(1)
  for (const handle of [{}, { signupId: late.signupId }]) {
    const answer = await signUp(world, { ...late.wish, verificationCode: late.verificationCode, ...handle })
    assert.deepEqual(codeOf(answer), [422, 'VERIFICATION_CODE_EXPIRED'])
    assert.equal(answer.body.message, 'The verification code has expired (codes are valid for 10 minutes)')
    assert.equal(answer.body.attemptsRemaining, handle.signupId ? 0 : undefined)
  }
})

test('without signupId only the right code is told that it expired, only within 24 hours, and nothing is counted aloud [C2-seed-silent]', async () => {
  const { wish, verificationCode } = await begin()
  world.pass(601)
  const wrong = await signUp(world, { ...wish, verificationCode: anotherCode(verificationCode) })
  assert.deepEqual(codeOf(wrong), invalid)
  const right = await signUp(world, { ...wish, verificationCode })
  for (const { body } of [wrong, right])
    for (const member of [
      'attemptsRemaining',
      'sendsRemaining',
      'correctionsRemaining',
      'resendAfterSeconds'
    ])
      assert.equal(body[member], undefined, member)
  assert.equal(right.body.code, 'VERIFICATION_CODE_EXPIRED')
  world.pass(24 * 3600)
  assert.deepEqual(codeOf(await signUp(world, { ...wish, verificationCode })), invalid)
})

test('a wrong code never tells whether an address or a sign-up exists [C2-code-silent]', async () => {
  const { wish, verificationCode } = await begin()
  const guess = { verificationCode: anotherCode(verificationCode) }
  const shape = async (body: Wish) => {
    const { body: found } = await signUp(world, { ...body, ...guess })
    const { requestId: _, ...rest } = found
    return JSON.stringify(rest).replaceAll(body.email, '@').replaceAll(body.domain, 'domain')
  }
  const stranger = await shape(newWish())
  for (let count = 0; count < 7; count++) assert.equal(await shape(wish), stranger, 'also when it is locked')
})

test('the code opens only what it was sent for: trimmed, and the e-mail without case [S2-same-details, C2-seed-matching]', async () => {
  const { wish, verificationCode } = await begin()
  for (const over of [
    { name: 'Jane Smyth' },
    { company: 'acme corp' },
    newWish(),
    { email: newWish().email }
  ]) {
    const { name, company, domain, email } = { ...wish, ...over }
    assert.deepEqual(codeOf(await signUp(world, { name, company, domain, email, verificationCode })), invalid)
  }
  const spelt = {
    name: ` ${wish.name} `,
    email: ` ${wish.email.toUpperCase()}`,
    company: `${wish.company}\t`,
    domain: ` ${wish.domain} `
  }
  const answer = await signUp(world, {
    ...spelt,
    verificationCode: ` ${verificationCode.slice(0, 3)} ${verificationCode.slice(3)}`
  })
  assert.equal(answer.status, 200)
  assert.match(answer.body.message, new RegExp(`sent to ${wish.email}\\.$`))
})

test('without signupId the newest three codes of the same four values are tried, no fourth [C2-seed-matching, C2-code-earlier]', async () => {
  const wish = newWish()
  const codes: string[] = []
  for (let count = 0; count < 4; count++) {
    await askForCode(world, wish)
    codes.unshift(await mailedCode(world, wish.email))
    world.pass(120)
  }
  const [, , third, fourth] = codes
  if (new Set(codes).size < 4) return
  assert.deepEqual(codeOf(await signUp(world, { ...wish, verificationCode: fourth })), invalid)
  assert.equal((await signUp(world, { ...wish, verificationCode: third })).status, 200)
})

test('another sign-up for the same address kills no earlier code [C2-code-earlier]', async () => {
  const first = await begin()
  world.pass(120)
  const second = await begin({ email: first.wish.email })
  for (const { signupId, verificationCode } of [first, second])
    assert.equal((await signUp(world, { signupId, verificationCode })).status, 200)
})

test('without signupId a sign-up that an agent began stays shut [C2-seed-agent]', async () => {
  const agent = { name: 'Claude Code', codeChallenge: challenge }
  const { wish, signupId, verificationCode } = await begin({ agent })
  assert.deepEqual(codeOf(await signUp(world, { ...wish, verificationCode })), invalid)
  assert.deepEqual(codeOf(await signUp(world, { ...wish, verificationCode, agent })), invalid)
  assert.equal((await signUp(world, { ...wish, verificationCode, signupId })).status, 200)
})

test('with signupId step 2 needs the code alone and may correct name, company and domain [C2-correct-details]', async () => {
  const plain = await begin()
  const { signupId, verificationCode } = plain
  const known = await signUp(world, { signupId, verificationCode })
  assert.deepEqual([known.status, known.body.domain], [200, plain.wish.domain])
  const { wish, ...handle } = await begin()
  const domain = newWish().domain
  const faulty = await signUp(world, { ...handle, domain: 'A_B', name: '' })
  assert.deepEqual(
    faulty.body.errors.map(({ code }: { code: string }) => code),
    ['NAME_REQUIRED', 'DOMAIN_INVALID']
  )
  const corrected = { name: 'Jane Q. Smith', company: 'Better Corp', domain }
  const answer = await signUp(world, { ...wish, ...handle, ...corrected })
  assert.deepEqual([answer.status, answer.body.domain], [200, domain])
  const page = await world.call('GET /', { host: new URL(answer.body.loginUrl).host })
  assert.match(page.text, /Better Corp/)
  assert.equal((await world.call('GET /', { host: `${wish.domain}.localhost:6050` })).status, 421)
})

test('with signupId another e-mail is refused, costs no try and is not offered again [C2-current-email, C2-error-counts]', async () => {
  const { signupId, verificationCode } = await begin()
  const answer = await signUp(world, { signupId, verificationCode, email: newWish().email })
  assert.deepEqual([...codeOf(answer), answer.body.attemptsRemaining], [...invalid, 5])
  assert.deepEqual(answer.body.nextActions[0].body, {
    verificationCode: '<6-digit code from the e-mail>',
    signupId
  })
  assert.equal((await signUp(world, { signupId, verificationCode })).status, 200)
})

test('five wrong tries lock a code, each tells what is left, and what cannot be a code costs none [C2-code-tries, C2-error-counts]', async () => {
  const { signupId, verificationCode } = await begin()
  for (const nonsense of [undefined, '', '12345', '1234567', 'abcdef', 482916, null]) {
    const answer = await signUp(world, { signupId, verificationCode: nonsense })
    assert.deepEqual([...codeOf(answer), answer.body.attemptsRemaining], [...invalid, 5])
  }
  const guess = anotherCode(verificationCode)
  for (const left of [4, 3, 2, 1, 0]) {
    const answer = await signUp(world, { signupId, verificationCode: guess })
    assert.deepEqual([...codeOf(answer), answer.body.attemptsRemaining], [...invalid, left])
  }
  for (const code of [guess, verificationCode]) {
    const answer = await signUp(world, { signupId, verificationCode: code })
    assert.deepEqual([...codeOf(answer), answer.body.attemptsRemaining], [422, 'VERIFICATION_CODE_LOCKED', 0])
    assert.equal(answer.body.nextActions[0].name, 'resend')
  }
})

test('a locked code opens nothing without signupId either; a resent one does [C2-code-tries]', async () => {
  const { wish, signupId, verificationCode } = await begin()
  for (let count = 0; count < 5; count++)
    await signUp(world, { ...wish, verificationCode: anotherCode(verificationCode) })
  assert.deepEqual(codeOf(await signUp(world, { ...wish, verificationCode })), invalid)
  world.pass(120)
  await world.call(`POST /api/bo/on/agent/signups/${signupId}/resend`)
  const fresh = await mailedCode(world, wish.email)
  assert.equal((await signUp(world, { ...wish, verificationCode: fresh })).status, 200)
})

test('two strangers who use one address do not burn the tries of each other [C2-code-strangers]', async () => {
  const one = await begin()
  world.pass(120)
  const other = await begin({ email: one.wish.email })
  const guess = anotherCode(other.verificationCode)
  for (let count = 0; count < 6; count++) {
    await signUp(world, { signupId: other.signupId, verificationCode: guess })
    await signUp(world, { ...other.wish, verificationCode: guess })
  }
  const { wish, verificationCode } = one
  assert.equal((await signUp(world, { ...wish, verificationCode })).status, 200)
})

test('a domain that was lost to a faster one leaves the code alive and costs no try [S2-domain-taken, C2-correct-details]', async () => {
  const slow = await begin()
  const { signupId, verificationCode } = slow
  await openWorkspaceFor(world, newWish({ domain: slow.wish.domain }))
  for (let count = 0; count < 6; count++) {
    const answer = await signUp(world, { ...slow.wish, signupId, verificationCode })
    assert.deepEqual([...codeOf(answer), answer.body.field], [409, 'DOMAIN_TAKEN', 'domain'])
    assert.deepEqual(answer.body.nextActions[0].body.domain, answer.body.suggestions[0])
    assert.equal(answer.body.nextActions[0].body.verificationCode, verificationCode)
  }
  const wrong = await signUp(world, { signupId, verificationCode: anotherCode(verificationCode) })
  assert.deepEqual([...codeOf(wrong), wrong.body.attemptsRemaining], [...invalid, 4])
  const { domain } = newWish()
  assert.equal((await signUp(world, { signupId, verificationCode, domain })).body.domain, domain)
})

test('a repeated step 2 with signupId gets the first answer again and opens nothing more [C2-repeat-signup-id]', async () => {
  const { wish, signupId, verificationCode } = await begin()
  const first = await signUp(world, { ...wish, signupId, verificationCode })
  world.pass(3 * 24 * 3600)
  for (const over of [{}, { verificationCode }, { domain: newWish().domain, name: 'Other' }]) {
    const again = await signUp(world, { signupId, ...over })
    assert.deepEqual([again.status, again.body], [200, first.body])
  }
  assert.equal((await world.letters(wish.email)).length, 2)
})

test('after approval on the page the code keeps its ten minutes for one step 2 [C2-page-code-lives]', async () => {
  const [plain, late] = [await begin(), await begin()]
  for (const { wish } of [plain, late]) await approve(wish.email)
  const { wish, verificationCode, signupId } = plain
  const first = await signUp(world, { ...wish, verificationCode })
  assert.deepEqual([first.status, first.body.domain], [200, wish.domain])
  assert.deepEqual(codeOf(await signUp(world, { ...wish, verificationCode })), invalid)
  assert.deepEqual((await signUp(world, { signupId })).body, first.body)
  world.pass(600)
  const { body } = await signUp(world, { ...late.wish, verificationCode: late.verificationCode })
  assert.equal(body.code, 'VERIFICATION_CODE_EXPIRED')
})

test('after approval step 2 with signupId needs no code, and the status says so [C2-page-no-code]', async () => {
  const { wish, signupId } = await begin()
  assert.deepEqual(codeOf(await signUp(world, { signupId })), invalid)
  await approve(wish.email)
  const { body } = await world.call(`GET /api/bo/on/agent/signups/${signupId}`)
  assert.deepEqual([body.status, body.nextActions[0].body], ['completed', { signupId }])
  const answer = await signUp(world, body.nextActions[0].body)
  assert.deepEqual([answer.status, answer.body.domain, answer.body.oauth], [200, wish.domain, undefined])
})

test('approval in the last minute leaves the code its ten, though the sign-up would have expired [C2-page-code-lives]', async () => {
  const { wish, signupId } = await begin()
  world.pass(3500)
  await world.call(`POST /api/bo/on/agent/signups/${signupId}/resend`)
  const verificationCode = await mailedCode(world, wish.email)
  await approve(wish.email)
  world.pass(599)
  assert.equal((await signUp(world, { ...wish, verificationCode })).status, 200)
})

test('what is kept of a code is bound to its sign-up and address: elsewhere the same code is wrong [C2-code-hashed]', async () => {
  const [one, other] = [await begin(), await begin()]
  const hashes = await world.db.install((tx) =>
    tx
      .selectFrom('signup_codes')
      .innerJoin('signups', 'signups.id', 'signup_codes.signup_id')
      .select(['signup_codes.id', 'code_hash', 'email'])
      .where('email', 'in', [one.wish.email, other.wish.email])
      .execute()
  )
  const ofOne = hashes.find(({ email }) => email === one.wish.email)
  const ofOther = hashes.find(({ email }) => email === other.wish.email)
  assert.ok(ofOne && ofOther)
  await world.db.install((tx) =>
    tx.updateTable('signup_codes').set({ code_hash: ofOne.code_hash }).where('id', '=', ofOther.id).execute()
  )
  const { signupId } = other
  const stolen = await signUp(world, { signupId, verificationCode: one.verificationCode })
  assert.deepEqual(codeOf(stolen), invalid)
  assert.equal(
    (await signUp(world, { signupId: one.signupId, verificationCode: one.verificationCode })).status,
    200
  )
})
