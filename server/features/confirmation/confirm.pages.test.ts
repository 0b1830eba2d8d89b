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
import { type Answer, openWorld } from '../../../testing/world.ts'
import { sweepSignups } from '../onboarding/signup-record.ts'

const world = await openWorld({ after }, 'confirm_pages')
const agent = { name: 'Claude <b>Code</b>', codeChallenge: 'a'.repeat(43) }

async function begin(more: object = {}, over: Partial<ReturnType<typeof newWish>> = {}) {
  const wish = newWish(over)
  const begun = await askForCode(world, { ...wish, ...more })
  const { path } = await mailedLink(world, wish.email, 'confirm')
  return { wish, path, signupId: begun.body.signupId as string }
}

function press(path: string, form: Record<string, string> = {}, options = {}): Promise<Answer> {
  return world.call(`POST ${path}`, { form, ...options })
}

async function look(path: string): Promise<string> {
  return (await world.call(`GET ${path}`)).text
}

async function statusOf(signupId: string): Promise<string> {
  return (await world.call(`GET /api/bo/on/agent/signups/${signupId}`)).body.status
}

async function rows(): Promise<string> {
  return world.db.install(async (tx) =>
    JSON.stringify([
      await tx.selectFrom('signups').selectAll().execute(),
      await tx.selectFrom('signup_codes').selectAll().execute(),
      await tx.selectFrom('tenants').selectAll().execute(),
      await tx.selectFrom('mail_blocks').selectAll().execute()
    ])
  )
}

test('the page shows what was asked, by whom, from where, with which rights, escaped [C2-page-shows]', async () => {
  const { path, wish } = await begin({ agent }, { company: 'A <script>&"Co"', name: "O'Neil <i>" })
  const { text, status, headers } = await world.call(`GET ${path}`)
  assert.equal(status, 200)
  assert.match(String(headers['content-type']), /^text\/html/)
  const { client_address: address } = await world.db.install((tx) =>
    tx
      .selectFrom('signups')
      .select('client_address')
      .where('domain', '=', wish.domain)
      .executeTakeFirstOrThrow()
  )
  for (const shown of [
    wish.email,
    `//${wish.domain}.`,
    address,
    'Claude bCodeb',
    'None, unless you tick the box below. You become the owner.'
  ])
    assert.ok(text.includes(shown), shown)
  assert.ok(text.includes('A &#60;script&#62;&#38;&#34;Co&#34;') && text.includes('O&#39;Neil &#60;i&#62;'))
  assert.doesNotMatch(text, /<script|<i>|<b>/)
})

test('a GET changes nothing, however often and by whatever method a scanner looks [C2-link-get]', async () => {
  const { path } = await begin()
  const before = await rows()
  for (const method of ['GET', 'HEAD', 'GET'])
    assert.equal((await world.call(`${method} ${path}`)).status, 200)
  for (const form of ['approval', 'refusal', 'mails'])
    assert.equal((await world.call(`GET ${path}/${form}`)).status, 404)
  assert.equal(await rows(), before)
})

test('the page tells its address to no other site and no cache [C2-link-headers]', async () => {
  const { path } = await begin()
  for (const answer of [
    await world.call(`GET ${path}`),
    await press(`${path}/refusal`),
    await world.call(`GET ${path}x`)
  ]) {
    assert.equal(answer.headers['referrer-policy'], 'same-origin')
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.match(
      String(answer.headers['content-security-policy']),
      /default-src 'none'.*frame-ancestors 'none'/
    )
  }
})

test('no token and no code gets into the log or the database [C2-code-hashed, C2-logs]', async () => {
  const { path, wish } = await begin()
  const code = await mailedCode(world, wish.email)
  await world.call(`GET ${path}`)
  await press(`${path}/approval`)
  const password = await mailedLink(world, wish.email, 'password')
  const undo = await mailedLink(world, wish.email, 'undo')
  for (const link of [password, undo]) await world.call(`GET ${link.path}`, { host: link.host })
  const said = JSON.stringify(world.lines) + (await rows())
  for (const pattern of ['/confirm/:token', '/password/:token', '/undo/:token'])
    assert.ok(said.includes(pattern))
  for (const secret of [path, password.path, undo.path].map((place) => place.split('/')[2] ?? ''))
    assert.ok(secret.length === 22 && !said.includes(secret), 'a token was kept')
  assert.ok(!said.includes(`"${code}"`))
})

test('approving opens exactly what was shown and gives the agent nothing [C2-page-approve, C2-state-completed]', async () => {
  const { path, wish, signupId } = await begin({ agent })
  const answer = await press(`${path}/approval`)
  assert.equal(answer.status, 303)
  assert.equal(answer.headers.location, path)
  assert.equal(answer.text, '')
  const page = await look(path)
  assert.match(page, /<h1>Your workspace is open<\/h1>/)
  const status = await world.call(`GET /api/bo/on/agent/signups/${signupId}`)
  assert.equal(status.body.status, 'completed')
  assert.doesNotMatch(status.text, /oauth|access_token|"code"/)
  const tenant = await world.db.install((tx) =>
    tx.selectFrom('tenants').selectAll().where('domain', '=', wish.domain).executeTakeFirstOrThrow()
  )
  assert.equal(tenant.name, wish.company)
  const users = await world.db.read({ tenantId: tenant.id }, (tables) =>
    tables.selectFrom('users').selectAll()
  )
  assert.deepEqual(
    users.map(({ name, email, is_super_admin, password_hash }) => [
      name,
      email,
      is_super_admin,
      password_hash
    ]),
    [[wish.name, wish.email, true, null]]
  )
})

test('a double click, another tab and the back button repeat nothing', async () => {
  const { path, wish } = await begin()
  const clicks = await Promise.all([1, 2, 3].map(() => press(`${path}/approval`)))
  assert.deepEqual(
    clicks.map(({ status }) => status),
    [303, 303, 303]
  )
  assert.equal((await press(`${path}/refusal`)).status, 303)
  assert.match(await look(path), /Your workspace is open/)
  const welcomes = (await world.letters(wish.email)).filter(({ kind }) => kind === 'welcome')
  assert.equal(welcomes.length, 1)
})

test('after approval the mailed code opens step 2 once for its ten minutes [C2-page-code-lives]', async () => {
  const { path, wish } = await begin()
  const verificationCode = await mailedCode(world, wish.email)
  await press(`${path}/approval`)
  const first = await signUp(world, { ...wish, verificationCode })
  assert.equal(first.status, 200)
  assert.equal(first.body.domain, wish.domain)
  assert.equal((await signUp(world, { ...wish, verificationCode })).body.code, 'INVALID_VERIFICATION_CODE')
})

test('after approval step 2 with signupId needs no code, and the status says so [C2-page-no-code]', async () => {
  const { path, wish, signupId } = await begin()
  await press(`${path}/approval`)
  const { body } = await world.call(`GET /api/bo/on/agent/signups/${signupId}`)
  const next = body.nextActions.find((action: { url: string }) => action.url.endsWith('/agent/signup'))
  assert.ok(next && !('verificationCode' in next.body), JSON.stringify(body.nextActions))
  const answer = await signUp(world, { ...wish, signupId })
  assert.equal(answer.status, 200)
  assert.equal(answer.body.domain, wish.domain)
  assert.equal(answer.body.oauth, undefined)
})

test('"not me" ends the sign-up and kills its code [C2-page-not-me, C2-state-rejected, C2-die-together]', async () => {
  const { path, wish, signupId } = await begin()
  const verificationCode = await mailedCode(world, wish.email)
  assert.equal((await press(`${path}/refusal`)).status, 303)
  assert.match(await look(path), /<h1>Refused<\/h1>[\s\S]*No more of these/)
  assert.equal(await statusOf(signupId), 'rejected')
  const late = await signUp(world, { ...wish, verificationCode, signupId })
  assert.equal(late.body.code, 'SIGNUP_REJECTED')
  assert.equal((await signUp(world, { ...wish, verificationCode })).body.code, 'INVALID_VERIFICATION_CODE')
  await press(`${path}/approval`)
  assert.equal(await statusOf(signupId), 'rejected')
})

test('"no more of these" holds for 30 days, for every spelling of the mailbox, and is lifted from the page [C2-page-not-me]', async () => {
  const { path, wish } = await begin()
  await press(`${path}/refusal`)
  await press(`${path}/mails`, { choice: 'block' })
  assert.match(await look(path), /gets no more mails of this kind until/)
  const tagged = wish.email.replace('@', '+x@')
  const again = (email: string) => askForCode(world, { ...newWish(), email })
  world.pass(200)
  assert.equal((await again(wish.email)).body.code, 'CODE_RECENTLY_SENT')
  assert.equal((await again(tagged)).body.code, 'CODE_RECENTLY_SENT')
  await press(`${path}/mails`)
  await press(`${path}/mails`, { choice: 'nonsense' })
  assert.equal((await again(wish.email)).status, 429, 'a form without a choice lifts nothing')
  world.pass(29 * 24 * 3600)
  assert.equal((await again(wish.email)).status, 429)
  await world.db.install((tx) => sweepSignups(tx, world.now(), 100))
  await press(`${path}/mails`, { choice: 'allow' })
  assert.match(await look(path), /No more of these/)
  assert.equal((await again(wish.email)).status, 200)
  world.pass(200)
  await press(`${path}/mails`, { choice: 'block' })
  world.pass(24 * 3600 + 1)
  assert.equal((await again(wish.email)).status, 200, '30 days after the refusal it is over by itself')
})

test('mails can be chosen only after a refusal', async () => {
  const { path } = await begin()
  const before = await rows()
  assert.equal((await press(`${path}/mails`, { choice: 'block' })).status, 303)
  assert.equal(await rows(), before)
})

test('a name lost in the meantime is told, and the sign-up lives on with another', async () => {
  const { path, wish, signupId } = await begin()
  await openWorkspaceFor(world, newWish({ domain: wish.domain }))
  assert.match(await look(path), /<h1>This name has just been taken<\/h1>/)
  assert.equal((await press(`${path}/approval`)).status, 303)
  assert.equal(await statusOf(signupId), 'awaiting_confirmation')
  const verificationCode = await mailedCode(world, wish.email)
  const other = await signUp(world, { ...wish, domain: `${wish.domain}2`, verificationCode, signupId })
  assert.equal(other.status, 200)
  assert.match(await look(path), new RegExp(`Your workspace is open[\\s\\S]*//${wish.domain}2\\.`))
})

test('of two owners who approve one name at once, one gets it and the other is told', async () => {
  const one = await begin()
  const other = await begin({}, { domain: one.wish.domain })
  await Promise.all([press(`${one.path}/approval`), press(`${other.path}/approval`)])
  const titles = [await look(one.path), await look(other.path)].map(
    (text) => /<h1>(.*?)<\/h1>/.exec(text)?.[1]
  )
  assert.deepEqual(titles.sort(), ['This name has just been taken', 'Your workspace is open'])
})

test('links of ended sign-ups say how they ended', async () => {
  const cancelled = await begin()
  await world.call(`POST /api/bo/on/agent/signups/${cancelled.signupId}/cancel`)
  assert.match(await look(cancelled.path), /This request was taken back/)
  const late = await begin()
  world.pass(3601)
  assert.match(await look(late.path), /This request has expired/)
  await press(`${late.path}/approval`)
  assert.equal(await statusOf(late.signupId), 'expired')
  const unknown = await world.call(`GET ${late.path}x`)
  assert.equal(unknown.status, 404)
  assert.match(unknown.text, /This link leads nowhere/)
  assert.equal((await press(`${late.path}x/approval`)).status, 303)
})

test('a link that a newer mail replaced shows nothing and does nothing [C2-die-together]', async () => {
  const { path, signupId, wish } = await begin()
  world.pass(121)
  const corrected = `right@${wish.domain}.example`
  await world.call(`POST /api/bo/on/agent/signups/${signupId}/email`, { body: { email: corrected } })
  const page = await look(path)
  assert.match(page, /A newer mail has taken the place of this one/)
  assert.ok(!page.includes(wish.company) && !page.includes(corrected))
  await press(`${path}/approval`)
  await press(`${path}/refusal`)
  assert.equal(await statusOf(signupId), 'awaiting_confirmation')
})

test('a form without the Origin of its own page is refused and changes nothing [C3-form-origin]', async () => {
  const { path, signupId } = await begin()
  const { workspace } = await openWorkspaceFor(world, newWish())
  const foreign = [
    undefined,
    'null',
    'https://evil.test',
    workspace.loginUrl,
    'http://127.0.0.1:6050',
    'http://localhost'
  ]
  for (const origin of foreign) {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      ...(origin === undefined ? {} : { origin })
    }
    for (const form of ['approval', 'refusal', 'mails']) {
      const answer = await world.call(`POST ${path}/${form}`, { body: '', headers })
      assert.equal(answer.status, 403, `${origin} ${form}`)
      assert.match(answer.text, /ORIGIN_REFUSED/)
    }
  }
  assert.equal(await statusOf(signupId), 'awaiting_confirmation')
})

test("a confirm link does nothing on a workspace's host", async () => {
  const { path, signupId } = await begin()
  const { workspace } = await openWorkspaceFor(world, newWish())
  const { host } = new URL(workspace.loginUrl)
  assert.equal((await world.call(`GET ${path}`, { host })).status, 404)
  assert.equal((await press(`${path}/approval`, {}, { host })).status, 404)
  assert.equal(await statusOf(signupId), 'awaiting_confirmation')
})
