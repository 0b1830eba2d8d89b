import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  askForCode,
  mailedCode,
  mailedLink,
  newWish,
  openWorkspaceFor,
  signUp
} from '../../../testing/signups.ts'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'signup')

test('step 1 answers that the code was sent, and what can be done next [S2-code-answer, C2-code-extras, C2-state-awaiting, S1-success-200]', async () => {
  const began = world.now()
  const answer = await askForCode(world, newWish())
  assert.equal(answer.status, 200)
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
  const { signupId, nextActions, ...rest } = answer.body
  assert.match(signupId, /^[A-Za-z0-9_-]{22}$/)
  assert.deepEqual(rest, {
    message: 'Verification code sent',
    status: 'awaiting_confirmation',
    expiresAt: new Date(began.getTime() + 3600_000).toISOString(),
    codeExpiresAt: new Date(began.getTime() + 600_000).toISOString(),
    resendAfterSeconds: 120,
    attemptsRemaining: 5,
    sendsRemaining: 2
  })
  assert.deepEqual(
    nextActions.map(({ name }: { name: string }) => name),
    ['complete', 'resend', 'correctEmail', 'status', 'cancel']
  )
})

test('step 1 mails one code of six digits to the address and to nobody else [S2-code-mail]', async () => {
  const wish = newWish()
  await askForCode(world, wish)
  const letters = await world.letters(wish.email)
  assert.equal(letters.length, 1)
  assert.equal(letters[0]?.text.match(/\b[0-9]{6}\b/g)?.length, 1)
  assert.doesNotMatch(letters[0]?.subject ?? '', /[0-9]/)
  assert.match(await mailedCode(world, wish.email), /^[0-9]{6}$/)
})

test('a caller who knows only the reference gets exactly its four members from step 2 [S2-signup-answer, S2-signup-tenant-id, S2-signup-login-url, S2-signup-message]', async () => {
  const wish = newWish()
  await askForCode(world, wish)
  const answer = await signUp(world, { ...wish, verificationCode: await mailedCode(world, wish.email) })
  assert.equal(answer.status, 200)
  const { tenantId, ...rest } = answer.body
  assert.match(tenantId, /^[0-9a-f]{12}$/)
  assert.deepEqual(rest, {
    domain: wish.domain,
    loginUrl: `http://${wish.domain}.localhost:6050`,
    message: `Workspace created successfully. A password reset email has been sent to ${wish.email}.`
  })
})

test('the workspace answers at its loginUrl, and nobody answered there before [S2-signup-workspace]', async () => {
  const wish = newWish()
  const host = `${wish.domain}.localhost:6050`
  assert.equal((await world.call('GET /', { host })).status, 421)
  const { workspace } = await openWorkspaceFor(world, wish)
  assert.equal(new URL(workspace.loginUrl).host, host)
  const page = await world.call('GET /', { host })
  assert.equal(page.status, 200)
  assert.match(page.text, /Acme Corp/)
})

test('the owner gets a mail with a link on the workspace that opens the form for a password [S2-password-mail]', async () => {
  const wish = newWish()
  await openWorkspaceFor(world, wish)
  const [letter] = await world.letters(wish.email)
  assert.equal(letter?.kind, 'welcome')
  const { host, path } = await mailedLink(world, wish.email, 'password')
  assert.equal(host, `${wish.domain}.localhost:6050`)
  const page = await world.call(`GET ${path}`, { host })
  assert.equal(page.status, 200)
  assert.match(page.text, /type="password"/)
})

test('members that onboarding does not know change nothing [C2-ignores-unknown]', async () => {
  const wish = newWish()
  const extra = { plan: 'gold', tenantId: 'a1b2c3d4e5f6', isAdmin: true, nested: { deep: [1] } }
  assert.equal((await askForCode(world, { ...wish, ...extra })).status, 200)
  const verificationCode = await mailedCode(world, wish.email)
  const answer = await signUp(world, { ...wish, verificationCode, ...extra })
  assert.equal(answer.status, 200)
  assert.notEqual(answer.body.tenantId, extra.tenantId)
})

const faults: [name: string, over: object, status: number, code: string, message?: string][] = [
  ['no name [S2-name-required]', { name: undefined }, 422, 'NAME_REQUIRED'],
  ['an empty name [S2-name-required]', { name: '  ' }, 422, 'NAME_REQUIRED'],
  ['a name of the wrong type [S2-name-required]', { name: 5 }, 422, 'NAME_REQUIRED'],
  ['a name with a line break', { name: 'Jane\nBcc: x' }, 422, 'NAME_INVALID'],
  ['no e-mail [S2-email-required]', { email: undefined }, 422, 'EMAIL_REQUIRED'],
  ['an empty e-mail [S2-email-required]', { email: '' }, 422, 'EMAIL_REQUIRED'],
  ['an e-mail that is none [S2-email-format]', { email: 'jane' }, 422, 'EMAIL_INVALID'],
  ['two e-mails in one [S2-email-format]', { email: 'a@b.example,c@d.example' }, 422, 'EMAIL_INVALID'],
  ['no company [S2-company-required]', { company: undefined }, 422, 'COMPANY_REQUIRED'],
  ['an empty company [S2-company-required]', { company: '' }, 422, 'COMPANY_REQUIRED'],
  ['no domain [S2-domain-required]', { domain: undefined }, 422, 'DOMAIN_REQUIRED'],
  ['an empty domain [S2-domain-required]', { domain: '' }, 422, 'DOMAIN_REQUIRED'],
  [
    'two characters [S2-domain-too-short]',
    { domain: 'ab' },
    422,
    'DOMAIN_TOO_SHORT',
    'Domain must be at least 3 characters'
  ],
  [
    '21 characters [S2-domain-too-long]',
    { domain: 'a'.repeat(21) },
    422,
    'DOMAIN_TOO_LONG',
    'Domain must be at most 20 characters'
  ],
  ['too short before wrong characters [C2-domain-order]', { domain: '_' }, 422, 'DOMAIN_TOO_SHORT'],
  ['too long before wrong characters [C2-domain-order]', { domain: 'Ä'.repeat(21) }, 422, 'DOMAIN_TOO_LONG'],
  ['capitals [S2-domain-characters]', { domain: 'Acme' }, 422, 'DOMAIN_INVALID'],
  ['an underscore [S2-domain-characters]', { domain: 'ac_me' }, 422, 'DOMAIN_INVALID'],
  ['a hyphen at the end [C2-domain-hyphens]', { domain: 'acme-' }, 422, 'DOMAIN_INVALID'],
  ['a hyphen at the start [C2-domain-hyphens]', { domain: '-acme' }, 422, 'DOMAIN_INVALID'],
  ['hyphens at 3 and 4 [C2-domain-hyphens]', { domain: 'xn--acme' }, 422, 'DOMAIN_INVALID'],
  [
    'a reserved name [S2-domain-blacklisted]',
    { domain: 'admin' },
    422,
    'DOMAIN_BLACKLISTED',
    'The domain is reserved or blacklisted'
  ],
  ['a look-alike [C2-domain-look-alikes]', { domain: 'adm1n' }, 422, 'DOMAIN_BLACKLISTED'],
  ['a numbered look-alike [C2-domain-look-alikes]', { domain: 'www2' }, 422, 'DOMAIN_BLACKLISTED'],
  ['our own route [C2-domain-look-alikes]', { domain: 'confirm' }, 422, 'DOMAIN_BLACKLISTED'],
  ['an agent without challenge', { agent: { name: 'Bot' } }, 422, 'AGENT_INVALID']
]

for (const [name, over, status, code, message] of faults)
  test(`step 1 refuses: ${name} [C2-error-fields-422, S2-error-body, S1-error-422]`, async () => {
    const wish = { ...newWish(), ...over }
    const { status: found, body } = await askForCode(world, wish)
    assert.deepEqual([found, body.code, body.kind, body.fields], [status, code, 'Logic', []])
    assert.equal(body.message, message ?? body.errors[0].message)
    assert.deepEqual(body.errors, [{ field: body.field, code, message: body.message }])
    assert.equal(body.field, Object.keys(over)[0])
    assert.equal(body.retry, 'with-change')
    assert.equal(body.suggestions?.length, body.field === 'domain' ? 3 : undefined)
    assert.match(body.requestId, /^req_/)
    assert.deepEqual(await world.letters(String(wish.email)), [])
  })

for (const domain of ['ab1', 'a'.repeat(20), 'team42', '007', 'a-b'])
  test(`step 1 takes the domain ${domain} [S2-domain-length, C2-domain-free, S2-domain-characters]`, async () => {
    assert.equal((await askForCode(world, newWish({ domain }))).status, 200)
  })

test('every error names all faults at once, also those of domain and agent [C2-error-all]', async () => {
  const taken = newWish()
  await openWorkspaceFor(world, taken)
  const bad = { name: '', email: 'x', company: ' ', domain: 'A', agent: 'me' }
  const codes = async (body: object) =>
    (await askForCode(world, body)).body.errors.map((found: { code: string }) => found.code)
  assert.deepEqual(await codes(bad), [
    'NAME_REQUIRED',
    'EMAIL_INVALID',
    'COMPANY_REQUIRED',
    'DOMAIN_TOO_SHORT',
    'AGENT_INVALID'
  ])
  assert.deepEqual(await codes({ ...bad, domain: taken.domain, agent: null }), [
    'NAME_REQUIRED',
    'EMAIL_INVALID',
    'COMPANY_REQUIRED',
    'DOMAIN_TAKEN'
  ])
})

test('a domain in use is 409 DOMAIN_TAKEN in step 1, and no code is mailed [S2-domain-taken, C2-suggestions]', async () => {
  const taken = newWish()
  await openWorkspaceFor(world, taken)
  const late = newWish({ domain: taken.domain })
  const { status, body } = await askForCode(world, late)
  assert.deepEqual([status, body.code, body.message], [409, 'DOMAIN_TAKEN', 'This domain is already in use'])
  assert.equal(body.suggestions.length, 3)
  for (const domain of body.suggestions)
    assert.equal((await askForCode(world, newWish({ domain }))).status, 200)
  assert.deepEqual(await world.letters(late.email), [])
})

const malformed: [name: string, body: string, headers?: Record<string, string>][] = [
  ['half a document', '{"name":'],
  ['a list', '[]'],
  ['a text', '"name"'],
  ['null', 'null'],
  ['NUL in a text', '{"name":"a\\u0000b"}'],
  ['nothing at all', '', { 'content-type': 'application/json' }]
]

for (const step of ['code', 'signup', 'check'])
  for (const [name, body, headers] of malformed)
    test(`a malformed body of ${step} is 400 MALFORMED_BODY with a way out: ${name} [C2-error-malformed]`, async () => {
      const type = { 'content-type': 'application/json', ...headers }
      const answer = await world.call(`POST /api/bo/on/agent/${step}`, { body, headers: type })
      assert.deepEqual([answer.status, answer.body.code], [400, 'MALFORMED_BODY'])
      assert.deepEqual(answer.body.fields, [{ field: 'body', code: 'invalid' }])
      assert.equal(answer.body.retry, 'with-change')
      assert.ok(answer.body.nextActions.length > 0)
    })

test('next actions point to the public URL in force, whatever Host was sent [C2-next-actions-urls]', async () => {
  const { body } = await world.call('POST /api/bo/on/agent/code', { body: {}, host: '127.0.0.1:9' })
  for (const { url } of body.nextActions) assert.equal(new URL(url).origin, 'http://localhost:6050')
})

for (const [name, url, headers] of [
  ['query', '/api/bo/on/agent/check?api-version=1.0', {}],
  ['path', '/api/v1.0/bo/on/agent/check', {}],
  ['header', '/api/bo/on/agent/check', { 'x-api-version': '1.0' }],
  ['media type', '/api/bo/on/agent/check', { accept: 'application/json; x-api-version=1.0' }]
] as const)
  test(`onboarding takes the version by ${name} [C1-version-onboarding]`, async () => {
    const good = await world.call(`POST ${url}`, { body: newWish(), headers })
    assert.deepEqual([good.status, good.body.valid], [200, true])
    const [badUrl, badHeaders] = JSON.parse(JSON.stringify([url, headers]).replaceAll('1.0', '9.0'))
    const bad = await world.call(`POST ${badUrl}`, { body: newWish(), headers: badHeaders })
    assert.deepEqual([bad.status, bad.body.code], [400, 'API_VERSION_UNSUPPORTED'])
  })

test('of the caller the mail has the domain and the cleaned name of the agent, none of it in the subject [C2-mail-content]', async () => {
  const wish = newWish({ name: 'Visit http://evil.example', company: 'YOU WON <b>GOLD</b>' })
  const agent = {
    name: 'Claude\u202e Code http://evil.example/?x=<b>\r\nBcc: a@b.example',
    codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
  }
  const { status } = await askForCode(world, { ...wish, agent, note: 'call 555-0100' })
  assert.equal(status, 200)
  const [letter] = await world.letters(wish.email)
  assert.equal(letter?.subject, 'Your Ekso verification code')
  for (const text of [letter.text, letter.html]) {
    assert.ok(text.includes('Claude Code httpevilexamplexb Bcc abexample'), text)
    assert.ok(text.includes(wish.domain))
    for (const foreign of ['Visit', 'WON', 'GOLD', 'evil.example', 'a@b', '555', '\u202e'])
      assert.ok(!text.includes(foreign), foreign)
  }
})

test('the mail says what the code grants and whom to give it to, above the code [C2-mail-warning]', async () => {
  const wish = newWish()
  await askForCode(world, wish)
  const [letter] = await world.letters(wish.email)
  const above = letter?.text.split(await mailedCode(world, wish.email))[0] ?? ''
  assert.match(above, /opens the workspace, with you as its owner/)
  assert.match(above, /only to an agent or form that you are using right now/)
})
