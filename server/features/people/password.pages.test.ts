import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { mailedLink, newWish, openWorkspaceFor } from '../../../testing/signups.ts'
import { type Answer, openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'password_pages')
const password = 'Quiet-Harbour-42'

type Link = { host: string; path: string }

async function openOne() {
  const wish = newWish()
  const { workspace } = await openWorkspaceFor(world, wish)
  const link = await mailedLink(world, wish.email, 'password')
  return { wish, tenantId: workspace.tenantId as string, loginUrl: workspace.loginUrl as string, link }
}

function look({ host, path }: Link): Promise<Answer> {
  return world.call(`GET ${path}`, { host })
}

function set({ host, path }: Link, first = password, second = first): Promise<Answer> {
  return world.call(`POST ${path}`, { host, form: { password: first, repeated: second } })
}

function askForLink(host: string, email: string): Promise<Answer> {
  return world.call('POST /password', { host, form: { email } })
}

async function storedHash(tenantId: string): Promise<string | null> {
  const [owner] = await world.db.read({ tenantId }, (tables) =>
    tables.selectFrom('users').select('password_hash')
  )
  return owner?.password_hash ?? null
}

async function linkCount(email: string): Promise<number> {
  return (await world.letters(email)).filter(({ kind }) => kind === 'password-link').length
}

test('the new workspace answers at its loginUrl [S2-signup-workspace]', async () => {
  const { loginUrl, wish } = await openOne()
  const answer = await world.call('GET /', { host: new URL(loginUrl).host })
  assert.equal(answer.status, 200)
  assert.ok(answer.text.includes(`<h1>${wish.company}</h1>`))
})

test('the owner is mailed a link that sets the password, as argon2id [S2-password-mail, C3-password-argon2id]', async () => {
  const { link, tenantId, wish } = await openOne()
  const page = await look(link)
  assert.equal(page.status, 200)
  assert.match(page.text, /autocomplete="new-password"/)
  assert.ok(page.text.includes(wish.email))
  const answer = await set(link)
  assert.equal(answer.status, 200)
  assert.match(answer.text, /<h1>Your password is set<\/h1>/)
  const hash = await storedHash(tenantId)
  assert.match(String(hash), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.ok(!String(hash).includes(password))
})

test('a GET uses no link up, however often a scanner looks [C2-link-get, C2-link-headers]', async () => {
  const { link, tenantId } = await openOne()
  for (const method of ['GET', 'HEAD', 'GET']) {
    const answer = await world.call(`${method} ${link.path}`, { host: link.host })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['referrer-policy'], 'same-origin')
    assert.equal(answer.headers['cache-control'], 'no-store')
  }
  assert.equal(await storedHash(tenantId), null)
  assert.equal((await set(link)).status, 200)
})

const refused: [wrong: string, why: RegExp][] = [
  ['', /at least 8 characters/],
  ['Short-1', /at least 8 characters/],
  [`Long-enough-and-then-some-more-of-it-${'x'.repeat(3)}1`, /at most 40 characters/],
  ['no-upper-case-1', /upper-case letter/],
  ['NO-LOWER-CASE-1', /lower-case letter/],
  ['No-digit-at-all', /one digit/],
  ['Password1', /easily guessed/]
]

test('a password that breaks a rule is refused with the reason, and the link lives on [C3-password-rules]', async () => {
  const { link, tenantId } = await openOne()
  for (const [wrong, why] of refused) {
    const answer = await set(link, wrong)
    assert.equal(answer.status, 422, wrong)
    assert.match(answer.text, why, wrong)
    assert.match(answer.text, /role="alert"/)
    assert.match(answer.text, /aria-invalid="true"/)
    assert.ok(!wrong || !answer.text.includes(`value="${wrong}"`), 'what was typed is not sent back')
  }
  const differing = await set(link, password, `${password}x`)
  assert.equal(differing.status, 422)
  assert.match(differing.text, /differs from the first/)
  assert.equal(await storedHash(tenantId), null)
  for (const fine of ['Aé1-5678', 'Ünïcode-Wörter-7']) {
    const other = await openOne()
    assert.equal((await set(other.link, fine)).status, 200, fine)
  }
})

test("the owner's name, address and workspace make no password [C3-password-rules]", async () => {
  const { link, wish } = await openOne()
  for (const wrong of ['Jane-1999', 'Smith-2026', `${wish.domain.replace('a', 'A')}999`])
    assert.equal((await set(link, wrong)).status, 422, wrong)
})

test('the link works once, also for two at the same moment [C3-password-link]', async () => {
  const { link, tenantId } = await openOne()
  const answers = await Promise.all([set(link), set(link, 'Another-Harbour-43')])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 410])
  const hash = await storedHash(tenantId)
  const late = await set(link, 'Third-Harbour-44')
  assert.equal(late.status, 410)
  assert.match(late.text, /<h1>A password was set with this link<\/h1>/)
  assert.equal((await look(link)).status, 410)
  assert.equal(await storedHash(tenantId), hash)
})

test('the first link works for 72 hours and can be asked for again, which kills the older [C3-password-link]', async () => {
  const { link, wish } = await openOne()
  world.pass(72 * 3600 - 60)
  assert.equal((await look(link)).status, 200)
  assert.equal((await askForLink(link.host, wish.email.toUpperCase())).status, 200)
  const second = await mailedLink(world, wish.email, 'password')
  assert.notEqual(second.path, link.path)
  assert.equal((await look(link)).status, 410)
  world.pass(72 * 3600 - 60)
  assert.equal((await look(second)).status, 200)
  world.pass(61)
  assert.equal((await look(second)).status, 410)
  assert.equal((await set(second)).status, 410)
})

test('once a password is set, a new link lives for 60 minutes [C3-password-link]', async () => {
  const { link, wish, tenantId } = await openOne()
  await set(link)
  const hash = await storedHash(tenantId)
  world.pass(130)
  await askForLink(link.host, wish.email)
  const reset = await mailedLink(world, wish.email, 'password')
  world.pass(3600 - 1)
  assert.match((await look(reset)).text, /<h1>Choose a new password<\/h1>/)
  world.pass(2)
  assert.equal((await set(reset, 'Another-Harbour-43')).status, 410)
  assert.equal(await storedHash(tenantId), hash)
  await askForLink(link.host, wish.email)
  assert.equal((await set(await mailedLink(world, wish.email, 'password'), 'Another-Harbour-43')).status, 200)
  assert.notEqual(await storedHash(tenantId), hash)
})

test('an address in an international domain gets its link too [C3-password-link]', async () => {
  const wish = newWish()
  wish.email = `Jane@bücher-${wish.domain}.example`
  await openWorkspaceFor(world, wish)
  const { host } = await mailedLink(world, wish.email, 'password')
  world.pass(130)
  await askForLink(host, wish.email)
  assert.equal(await linkCount(wish.email), 1)
})

test('unknown addresses, and known ones over their budget, get the same answer', async () => {
  const { link, wish } = await openOne()
  world.pass(130)
  const startedMs = performance.now()
  const unknown = await askForLink(link.host, 'nobody@nowhere.example')
  const unknownMs = performance.now() - startedMs
  const known = await askForLink(link.host, wish.email)
  const over = await askForLink(link.host, wish.email)
  assert.deepEqual([unknown.status, unknown.text], [known.status, known.text])
  assert.equal(over.text, known.text)
  assert.ok(unknownMs > 200, `answered after ${unknownMs} ms`)
  assert.equal(await linkCount(wish.email), 1)
  assert.equal(await linkCount('nobody@nowhere.example'), 0)
})

test('what is no address is sent back with what was typed', async () => {
  const { link } = await openOne()
  const answer = await askForLink(link.host, 'jane@"><script>')
  assert.equal(answer.status, 422)
  assert.ok(answer.text.includes('value="jane@&#34;&#62;&#60;script&#62;"'))
  assert.match(answer.text, /aria-describedby="email-faults" aria-invalid="true"/)
})

test("a password link of one workspace opens nothing on another's host", async () => {
  const one = await openOne()
  const other = await openOne()
  for (const host of [other.link.host, 'localhost:6050']) {
    const astray = { host, path: one.link.path }
    assert.equal((await look(astray)).status, 410)
    assert.equal((await set(astray)).status, 410)
  }
  assert.deepEqual([await storedHash(one.tenantId), await storedHash(other.tenantId)], [null, null])
  assert.equal((await set(one.link)).status, 200)
})

test("a link is mailed only to people of the host's own workspace", async () => {
  const one = await openOne()
  const other = await openOne()
  world.pass(130)
  await askForLink(other.link.host, one.wish.email)
  assert.equal(await linkCount(one.wish.email), 0)
})

test('a form from elsewhere sets no password and asks for no link [C3-form-origin]', async () => {
  const one = await openOne()
  const other = await openOne()
  world.pass(130)
  for (const origin of [other.loginUrl, 'http://localhost:6050', 'null', 'https://evil.test']) {
    const form = { password, repeated: password, email: one.wish.email }
    for (const path of [one.link.path, '/password'])
      assert.equal(
        (await world.call(`POST ${path}`, { host: one.link.host, form, headers: { origin } })).status,
        403
      )
  }
  assert.equal(await storedHash(one.tenantId), null)
  assert.equal(await linkCount(one.wish.email), 0)
})
