import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openOwned, ownerPassword, signedInTab, signInOn, type Tab } from '../../../testing/owner.ts'
import { type Answer, openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'audit')

async function makeKey(tab: Tab, scope: string): Promise<{ answer: Answer; key: string }> {
  const form: [string, string][] = [
    ['name', 'Build <server>'],
    ['scope', scope],
    ['days', '30']
  ]
  const answer = await tab.open('POST /account/keys', { form })
  return { answer, key: /ek_live_[A-Za-z0-9_-]+(?=<\/code><\/pre>)/.exec(answer.text)?.[0] ?? '' }
}

test('a key is made in the browser, shown once, works, and is revoked [C3-keys-page]', async () => {
  const owned = await openOwned(world)
  const tab = await signedInTab(owned)
  const { answer, key } = await makeKey(tab, 'work:read')
  assert.equal(answer.status, 200)
  const me = () => tab.open('GET /api/user/me', { headers: { authorization: `Bearer ${key}` } })
  assert.equal((await me()).status, 200)
  const { text } = await tab.open('GET /account/keys')
  assert.ok(text.includes('Build &#60;server&#62;') && !text.includes(key))
  const id = /\/account\/keys\/([^/]+)\/revoke/.exec(text)?.[1]
  const { headers } = await tab.open(`POST /account/keys/${id}/revoke`, { form: {} })
  assert.equal(headers.location, '/account/keys?done=1')
  assert.equal((await me()).status, 401)
})

test('a key without name, scope or known life is not made [C3-keys-page]', async () => {
  const tab = await signedInTab(await openOwned(world))
  const good = { name: 'Build', scope: 'work:read', days: '30' }
  for (const over of [
    { name: ' ' },
    { name: 'x'.repeat(121) },
    { scope: 'other' },
    { days: '99999' },
    { name: 'a\u202eb' }
  ]) {
    const { status, text } = await tab.open('POST /account/keys', { form: { ...good, ...over } })
    assert.equal(status, 422, JSON.stringify(over))
    assert.match(text, /role="alert"/)
  }
  assert.doesNotMatch((await tab.open('GET /account/keys')).text, /\/revoke/)
})

test('a super admin reads what was done, newest first, in parts and without secrets [C3-audit]', async () => {
  const owned = await openOwned(world)
  await signInOn(owned.newTab(), owned.wish.email, 'Wrong-guess-1')
  const tab = await signedInTab(owned)
  const { key } = await makeKey(tab, 'admin')
  const read = (query = '') =>
    world.call(`GET /api/audit${query}`, { host: owned.host, headers: { authorization: `Bearer ${key}` } })
  const { status, body, text } = await read()
  assert.equal(status, 200)
  assert.deepEqual(
    body.map((event: { kind: string }) => event.kind),
    ['key-made', 'signed-in', 'sign-in-failed', 'password-set', 'workspace-opened']
  )
  assert.deepEqual(
    [body[0].entity, body[0].tenantId, body[0].createdBy],
    ['event', owned.tenantId, owned.userId]
  )
  for (const secret of [key, ownerPassword, 'Wrong-guess', tab.cookies.get('ekso') ?? '-'])
    assert.ok(!text.includes(secret))
  const first = await read('?limit=3')
  const next = /<([^>]+)>; rel="next"/.exec(first.headers.link ?? '')?.[1] ?? ''
  const rest = await read(new URL(next).search)
  assert.deepEqual([first.body.length, rest.body.length, rest.body[0].kind], [3, 2, 'password-set'])
  assert.deepEqual((await read('?kind=signed-in')).body.length, 1)
})

test('nobody else reads the log [C3-audit]', async () => {
  const [one, other] = [await openOwned(world), await openOwned(world)]
  const { key } = await makeKey(await signedInTab(one), 'admin')
  const narrow = await makeKey(await signedInTab(one), 'work:read')
  const read = (host: string, token: string) =>
    world.call('GET /api/audit', { host, headers: { authorization: `Bearer ${token}` } })
  assert.equal((await read(other.host, key)).status, 401)
  assert.equal((await read(one.host, narrow.key)).status, 403)
  await world.db.write(one, (tx) =>
    tx.updateTable('users').set({ is_super_admin: false }).where('tenant_id', '=', one.tenantId).execute()
  )
  assert.equal((await read(one.host, key)).status, 403)
})

test('a key that administers takes a password entered in the last 10 minutes [C3-keys-page]', async () => {
  const tab = await signedInTab(await openOwned(world))
  world.pass(601)
  const { answer, key } = await makeKey(tab, 'admin')
  assert.deepEqual([answer.headers.location, key], ['/sign-in?again=1&return=%2Faccount%2Fkeys', ''])
  assert.match((await tab.open('GET /account/keys')).text, /value="admin" disabled/)
})
