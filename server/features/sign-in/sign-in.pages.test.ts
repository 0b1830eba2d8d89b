import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openOwned, ownerPassword, setCookies, signedInTab, signInOn } from '../../../testing/owner.ts'
import { mailedLink } from '../../../testing/signups.ts'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'sign_in')

const isSignedIn = async (tab: { open(what: string): Promise<{ status: number }> }) =>
  (await tab.open('GET /account')).status === 200

test('address and password open a session, however the address is written [C3-sign-in]', async () => {
  const owned = await openOwned(world)
  const tab = owned.newTab()
  const asked = await tab.open('GET /account/keys')
  assert.equal(asked.status, 303)
  assert.equal(asked.headers.location, '/sign-in?return=%2Faccount%2Fkeys')
  const { status, headers } = await signInOn(tab, ` ${owned.wish.email.toUpperCase()} `, ownerPassword, {
    return: '/account/keys'
  })
  assert.equal(status, 303)
  assert.equal(headers.location, '/account/keys')
  const account = await tab.open('GET /account')
  assert.equal(account.status, 200)
  assert.ok(account.text.includes(owned.wish.email))
  assert.equal((await tab.open('GET /sign-in?return=/account')).headers.location, '/account')
})

test('each sign-in has a new session id, and a planted one is not taken over [C3-sign-in]', async () => {
  const owned = await openOwned(world)
  const tab = owned.newTab()
  const planted = 'A'.repeat(43)
  tab.cookies.set('ekso', planted)
  await signInOn(tab, owned.wish.email)
  const first = tab.cookies.get('ekso')
  assert.ok(first && first !== planted)
  await tab.open('GET /sign-in?again=1')
  await signInOn(tab, owned.wish.email)
  assert.notEqual(tab.cookies.get('ekso'), first)
  const thief = owned.newTab()
  for (const token of [planted, first]) {
    thief.cookies.set('ekso', token)
    assert.equal(await isSignedIn(thief), false)
  }
})

test('the cookie is of this host alone and out of reach of scripts [C3-session-cookie]', async () => {
  const owned = await openOwned(world)
  const answer = await signInOn(owned.newTab(), owned.wish.email)
  const lines = setCookies(answer)
  assert.deepEqual(lines.map((line) => line.split('=')[0]).sort(), ['ekso', 'ekso-browser'])
  for (const line of lines) {
    assert.match(line, /; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/)
    assert.doesNotMatch(line, /domain/i)
  }
})

test('a token is kept as a hash alone [C3-session-cookie]', async () => {
  const owned = await openOwned(world)
  const tab = await signedInTab(owned)
  const [row] = await world.db.read({ tenantId: owned.tenantId }, (tables) =>
    tables.selectFrom('sessions').selectAll().where('tenant_id', '=', owned.tenantId)
  )
  assert.ok(row)
  const token = tab.cookies.get('ekso') ?? ''
  assert.equal(token.length, 43)
  assert.ok(!JSON.stringify({ ...row, token_hash: row.token_hash.toString('base64url') }).includes(token))
})

test('a wrong password and an unknown address get the same page [C3-sign-in-unknown]', async () => {
  const owned = await openOwned(world)
  const unknown = `nobody@${owned.wish.domain}.example`
  const pages = []
  for (const email of [owned.wish.email, unknown]) {
    const answer = await signInOn(owned.newTab(), email, 'Wrong-guess-1')
    assert.equal(answer.status, 403)
    assert.deepEqual(setCookies(answer), [])
    assert.ok(!answer.text.includes('Wrong-guess'))
    pages.push(answer.text.replaceAll(email, 'x'))
  }
  assert.equal(pages[0], pages[1])
})

test('nobody is sent to another host by signing in [C3-sign-in-return]', async () => {
  const owned = await openOwned(world)
  for (const wished of ['//evil.example/', 'https://evil.example/', '/\\evil.example']) {
    const { headers } = await signInOn(owned.newTab(), owned.wish.email, ownerPassword, { return: wished })
    assert.equal(headers.location, '/')
    const tab = await signedInTab(owned)
    const seen = await tab.open(`GET /sign-in?return=${encodeURIComponent(wished)}`)
    assert.equal(seen.headers.location, '/')
  }
})

test('signing out ends the session, also for who kept the cookie [C3-session-end]', async () => {
  const owned = await openOwned(world)
  const tab = await signedInTab(owned)
  const kept = tab.cookies.get('ekso') ?? ''
  const { headers } = await tab.open('POST /sign-out', { form: {} })
  assert.equal(headers.location, '/sign-out')
  assert.equal(tab.cookies.has('ekso'), false)
  assert.ok((await tab.open('GET /sign-out')).text.includes('You are signed out'))
  tab.cookies.set('ekso', kept)
  assert.equal(await isSignedIn(tab), false)
})

test('looking at the way out signs nobody out', async () => {
  const tab = await signedInTab(await openOwned(world))
  await tab.open('GET /sign-out')
  assert.equal(await isSignedIn(tab), true)
})

test('a session ends after a week untouched and 30 days at most [C3-session-end]', async () => {
  const owned = await openOwned(world)
  const [idle, busy] = [await signedInTab(owned), await signedInTab(owned)]
  for (let day = 1; day < 30; day++) {
    world.pass(86_400)
    assert.equal(await isSignedIn(busy), true, `day ${day}`)
  }
  assert.equal(await isSignedIn(idle), false)
  world.pass(86_400)
  assert.equal(await isSignedIn(busy), false)
})

for (const [what, change] of [
  ['deactivated', { active: false }],
  ['locked', { locked: new Date() }],
  ['deleted', { deleted: true }]
] as const)
  test(`a user who is ${what} is signed out and cannot sign in [C3-session-end]`, async () => {
    const owned = await openOwned(world)
    const tab = await signedInTab(owned)
    await world.db.write(owned, (tx) =>
      tx.updateTable('users').set(change).where('tenant_id', '=', owned.tenantId).execute()
    )
    assert.equal(await isSignedIn(tab), false)
    const answer = await signInOn(owned.newTab(), owned.wish.email)
    assert.equal(answer.status, 403)
    assert.match(answer.text, /is wrong/)
  })

test('a reset by mail signs everybody else out [C3-session-end]', async () => {
  const owned = await openOwned(world)
  const tab = await signedInTab(owned)
  world.pass(130)
  await owned.newTab().open('POST /password', { form: { email: owned.wish.email } })
  const { path } = await mailedLink(world, owned.wish.email, 'password')
  const password = 'Another-Harbour-43'
  await owned.newTab().open(`POST ${path}`, { form: { password, repeated: password } })
  assert.equal(await isSignedIn(tab), false)
  assert.equal((await signInOn(owned.newTab(), owned.wish.email)).status, 403)
  assert.equal((await signInOn(owned.newTab(), owned.wish.email, password)).status, 303)
})

test('undoing the sign-up ends its sessions with the workspace [C3-session-end]', async () => {
  const owned = await openOwned(world)
  const tab = await signedInTab(owned)
  const { path } = await mailedLink(world, owned.wish.email, 'undo')
  assert.equal((await tab.open(`POST ${path}`, { form: { password: ownerPassword } })).status, 200)
  assert.equal((await tab.open('GET /account')).status, 410)
})

test('a session is worth nothing in a sibling workspace or at the API [C3-session-workspace]', async () => {
  const [one, other] = [await openOwned(world), await openOwned(world)]
  const tab = await signedInTab(one)
  const stray = other.newTab()
  for (const [name, value] of tab.cookies) stray.cookies.set(name, value)
  assert.equal(await isSignedIn(stray), false)
  assert.equal((await tab.open('GET /api/user/me')).status, 401)
})

test('forms sent from a sibling workspace, or from nowhere, are refused [C3-form-sibling]', async () => {
  const [one, other] = [await openOwned(world), await openOwned(world)]
  const tab = await signedInTab(one)
  const form = { email: one.wish.email, password: ownerPassword }
  const paths = ['/sign-in', '/sign-out', '/account/password', '/account/sessions/end', '/account/keys']
  for (const path of [...paths, '/account/apps/grant_x/disconnect', '/interaction/x', '/sign-in/code'])
    for (const origin of [`http://${other.host}`, 'null', '']) {
      const answer = await tab.open(`POST ${path}`, { form, headers: { origin } })
      assert.equal(answer.status, 403, `${path} from ${origin}`)
      assert.match(answer.text, /did not come from its own page/)
    }
  assert.equal(await isSignedIn(tab), true)
})
