import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { askForCode, mailedLink, newWish, openWorkspaceFor, signUp } from '../../../testing/signups.ts'
import { type Answer, openWorld } from '../../../testing/world.ts'
import { eraseClosedWorkspace } from '../tenancy/workspace.ts'

const world = await openWorld({ after }, 'undo_pages')
const password = 'Quiet-Harbour-42'

type Link = { host: string; path: string }

async function openOne() {
  const wish = newWish()
  const { signupId, workspace } = await openWorkspaceFor(world, wish)
  const undo = await mailedLink(world, wish.email, 'undo')
  return { wish, signupId, tenantId: workspace.tenantId as string, undo }
}

async function openWithPassword() {
  const made = await openOne()
  await setPassword(await mailedLink(world, made.wish.email, 'password'))
  return made
}

function setPassword(link: Link): Promise<Answer> {
  return press(link, { password, repeated: password })
}

function press({ host, path }: Link, form: Record<string, string> = {}, options = {}): Promise<Answer> {
  return world.call(`POST ${path}`, { host, form, ...options })
}

function look({ host, path }: Link): Promise<Answer> {
  return world.call(`GET ${path}`, { host })
}

async function isOpen(tenantId: string): Promise<boolean> {
  const tenant = await world.db.install((tx) =>
    tx.selectFrom('tenants').select('closed').where('id', '=', tenantId).executeTakeFirst()
  )
  return tenant?.closed === null
}

test('undo closes the workspace at once and erases it after 7 days [C2-undo-closes, C2-state-undone]', async () => {
  const { undo, signupId, tenantId, wish } = await openOne()
  const passwordLink = await mailedLink(world, wish.email, 'password')
  const answer = await press(undo)
  assert.equal(answer.status, 200)
  assert.match(answer.text, /<h1>The workspace is closed<\/h1>/)
  const status = await world.call(`GET /api/bo/on/agent/signups/${signupId}`)
  assert.equal(status.body.status, 'undone')
  assert.equal(status.body.workspace, undefined)
  for (const path of ['/', '/password', undo.path, passwordLink.path]) {
    const gone = await look({ host: undo.host, path })
    assert.equal(gone.status, 410, path)
    assert.match(gone.text, /This workspace is closed/)
  }
  assert.equal((await press(undo)).status, 410, 'a second click')
  const erase = () => world.db.install((tx) => eraseClosedWorkspace(tx, world.now()))
  world.pass(7 * 24 * 3600 - 60)
  assert.equal(await erase(), 0)
  world.pass(61)
  assert.equal(await erase(), 1)
  const users = await world.db.read({ tenantId }, (tables) => tables.selectFrom('users').selectAll())
  assert.deepEqual(users, [])
})

test('the name given back rests for strangers and not for its owner [C2-domain-rest]', async () => {
  const { undo, wish } = await openOne()
  await press(undo)
  world.pass(130)
  const stranger = await askForCode(world, newWish({ domain: wish.domain }))
  assert.equal(stranger.body.code, 'DOMAIN_TAKEN')
  assert.equal((await askForCode(world, wish)).status, 200)
})

test('a GET closes nothing, however often a scanner looks [C2-link-get]', async () => {
  const { undo, tenantId } = await openOne()
  for (const method of ['GET', 'HEAD', 'GET']) {
    const answer = await world.call(`${method} ${undo.path}`, { host: undo.host })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['referrer-policy'], 'same-origin')
    assert.equal(answer.headers['cache-control'], 'no-store')
  }
  assert.equal(await isOpen(tenantId), true)
})

test('once a password is set undo asks for it and takes no other [C2-undo-password]', async () => {
  const { undo, tenantId } = await openWithPassword()
  assert.match((await look(undo)).text, /autocomplete="current-password"/)
  for (const wrong of [
    {},
    { password: '' },
    { password: 'Quiet-Harbour-43' },
    { password: password.toLowerCase() }
  ]) {
    const answer = await press(undo, wrong as Record<string, string>)
    assert.equal(answer.status, 403)
    assert.match(answer.text, /role="alert">This is not the password/)
    assert.ok(!answer.text.includes('Quiet-Harbour'), 'what was typed is not sent back')
  }
  assert.equal(await isOpen(tenantId), true)
  assert.equal((await press(undo, { password })).status, 200)
  assert.equal(await isOpen(tenantId), false)
})

test('a password set while the undo page was open is asked for [C2-undo-password]', async () => {
  const { undo, tenantId, wish } = await openOne()
  assert.doesNotMatch((await look(undo)).text, /type="password"/)
  const link = await mailedLink(world, wish.email, 'password')
  const [, undone] = await Promise.all([setPassword(link), press(undo)])
  // Whoever came first: either it was closed before there was a password, or the password is asked for now.
  if (undone.status === 200) return assert.equal(await isOpen(tenantId), false)
  assert.match(undone.text, /type="password"/)
  assert.equal(await isOpen(tenantId), true)
})

test('the password of an address in an international domain counts as well [C2-undo-password]', async () => {
  const wish = newWish()
  wish.email = `jane@bücher-${wish.domain}.example`
  const { workspace } = await openWorkspaceFor(world, wish)
  await setPassword(await mailedLink(world, wish.email, 'password'))
  const undo = await mailedLink(world, wish.email, 'undo')
  assert.equal((await press(undo)).status, 403)
  assert.equal(await isOpen(workspace.tenantId), true)
})

test('after 10 wrong passwords in 15 minutes the account waits, wherever they come from', async () => {
  const { undo, tenantId } = await openWithPassword()
  const guesses = await Promise.all(
    Array.from({ length: 14 }, (_, at) => press(undo, { password: `Wrong-guess-${at}` }))
  )
  assert.deepEqual(
    [403, 429].map((status) => guesses.filter((answer) => answer.status === status).length),
    [10, 4]
  )
  const waiting = await press(undo, { password })
  assert.equal(waiting.status, 429)
  assert.ok(Number(waiting.headers['retry-after']) > 800)
  assert.match(waiting.text, /It works again in 15 minutes/)
  assert.equal(await isOpen(tenantId), true)
  world.pass(901)
  assert.equal((await press(undo, { password })).status, 200)
})

test('a reset by mail ends the wait at once, so guesses lock nobody out', async () => {
  const { undo, wish } = await openWithPassword()
  for (let guess = 0; guess < 11; guess++) await press(undo, { password: `Wrong-guess-${guess}` })
  assert.equal((await press(undo, { password })).status, 429)
  world.pass(130)
  await world.call('POST /password', { host: undo.host, form: { email: wish.email } })
  await setPassword(await mailedLink(world, wish.email, 'password'))
  assert.equal((await press(undo, { password })).status, 200)
})

test('posts that check a password are limited to 10 a minute per address [C3-password-tries, C1-error-429]', async () => {
  const { undo } = await openOne()
  const from = world.stranger()
  const token = { host: undo.host, path: `${undo.path}x` }
  for (let post = 0; post < 10; post++) assert.equal((await press(token, {}, { from })).status, 410)
  for (const link of [token, undo]) {
    const answer = await press(link, {}, { from })
    assert.equal(answer.status, 429)
    assert.ok(Number(answer.headers['retry-after']) >= 1)
    assert.match(answer.text, /Too many tries[\s\S]*It works again in 1 minute/)
  }
  assert.equal((await press(token)).status, 410, 'another address is not concerned')
  world.pass(61)
  assert.equal((await press(undo, {}, { from })).status, 200)
})

test('the link works for 72 hours', async () => {
  const { undo, tenantId } = await openOne()
  world.pass(72 * 3600 - 60)
  assert.equal((await look(undo)).status, 200)
  world.pass(61)
  assert.equal((await look(undo)).status, 410)
  assert.equal((await press(undo)).status, 410)
  assert.equal(await isOpen(tenantId), true)
})

test("the undo link of one workspace closes nothing on another's host", async () => {
  const one = await openOne()
  const other = await openOne()
  const astray = { host: other.undo.host, path: one.undo.path }
  assert.equal((await look(astray)).status, 410)
  assert.equal((await press(astray)).status, 410)
  const home = { host: 'localhost:6050', path: one.undo.path }
  assert.equal((await press(home)).status, 410)
  assert.deepEqual([await isOpen(one.tenantId), await isOpen(other.tenantId)], [true, true])
})

test('a form from a sibling workspace is refused [C3-form-origin]', async () => {
  const one = await openOne()
  const other = await openOne()
  for (const origin of [`http://${other.undo.host}`, 'http://localhost:6050', 'null'])
    assert.equal((await press(one.undo, {}, { headers: { origin } })).status, 403)
  assert.equal(await isOpen(one.tenantId), true)
})

test('the code and step 2 are over with the workspace', async () => {
  const { undo, wish, signupId } = await openOne()
  await press(undo)
  assert.equal((await signUp(world, { ...wish, signupId })).body.code, 'SIGNUP_UNDONE')
})
