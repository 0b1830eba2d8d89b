import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import { type Actor, scopes } from '#server/kernel/actor.ts'
import { addPerson, makeKey, openWorkspace } from '../../../testing/people.ts'
import { openWorld } from '../../../testing/world.ts'
import { addGrant, grantSeconds, revokeGrant } from '../oauth/oauth-grant.ts'
import type { NewApiKey } from './api-key.schema.ts'
import { mintKey } from './api-key.ts'

const world = await openWorld({ after }, 'api_keys')
const one = await openWorkspace(world)
const other = await openWorkspace(world)
const ann = await addPerson(world, one)
const path = '/api/admin/api-key'

/** As an app would that the owner connected with all scopes. */
function app(person = one.owner, more: Partial<Actor> = {}): Actor {
  const client = { kind: 'oauth', id: 'client_1', name: 'Claude', marker: 'Web' } as const
  const { passwordAt: _, ...actor } = person.session()
  return { ...actor, client, grantId: 'grant_1', ...more }
}

function mint(actor: Actor, wish: NewApiKey) {
  return world.db.write(actor, (tx) => mintKey(tx, actor, world.means(), wish))
}

function ask(key: string, what = 'GET /api/user/me', host = one.host) {
  return world.call(what, { host, headers: { authorization: `Bearer ${key}` } })
}

test('a key is shown once, kept as SHA-256, and reads and writes work for 90 days by default [C1-api-key-made]', async () => {
  const made = await mint(one.owner.session(), { name: 'Build' })
  assert.match(made.rawKey, /^ek_live_[\w-]{43}$/)
  assert.ok(made.rawKey.startsWith(made.prefix) && made.prefix.length < 20)
  assert.deepEqual(made.scopes, ['work:read', 'work:write'])
  assert.equal(Date.parse(made.expiresAt ?? '') - world.now().getTime(), 90 * 24 * 3600 * 1000)
  const [kept] = await world.db.read(one.owner, (tables) =>
    tables.selectFrom('api_keys').selectAll().where('id', '=', made.id)
  )
  assert.deepEqual(kept?.key_hash, createHash('sha256').update(made.rawKey).digest())
  assert.ok(!JSON.stringify(kept).includes(made.rawKey))
  const listed = await one.owner.call(`GET ${path}`)
  assert.ok(!listed.text.includes(made.rawKey) && !listed.text.includes('rawKey'))
  assert.equal(listed.body[0].id, made.id, 'newest first')
})

test('a key ends when its time has come; without end only if asked for [C1-api-key-expiry]', async () => {
  const expiresAt = new Date(world.now().getTime() + 60_000).toISOString()
  const short = (await mint(one.owner.session(), { name: 'Short', expiresAt })).rawKey
  const endless = await mint(one.owner.session(), { name: 'Endless', expiresAt: null })
  assert.equal(endless.expiresAt, null)
  assert.equal((await ask(short)).status, 200)
  world.pass(61)
  assert.equal((await ask(short)).status, 401)
  assert.equal((await ask(endless.rawKey)).status, 200)
  const past = mint(one.owner.session(), { name: 'Past', expiresAt: '2020-01-01T00:00:00Z' })
  await assert.rejects(past, { code: 'VALIDATION_FAILED', fields: [{ field: 'expiresAt', code: 'invalid' }] })
})

test('a key is never wider than its maker [C1-api-key-scope]', async () => {
  const narrow = app(one.owner, { scopes: new Set(['work:read', 'admin']) })
  await assert.rejects(mint(narrow, { name: 'Wide' }), { code: 'KEY_SCOPE_TOO_WIDE' })
  assert.deepEqual((await mint(narrow, { name: 'Narrow', scopes: ['work:read'] })).scopes, ['work:read'])
  const hers = mint(ann.session(), { name: 'Admin', scopes: ['admin'] })
  await assert.rejects(hers, { code: 'KEY_SCOPE_TOO_WIDE' })
  const unknown = await one.owner.call(`POST ${path}`, { body: { name: 'x', scopes: ['everything'] } })
  assert.equal(unknown.status, 400)
})

test('a key cannot make keys; over an app only a super admin can [C1-api-key-mint]', async () => {
  const answer = await one.owner.call(`POST ${path}`, { body: { name: 'Child' } })
  assert.deepEqual([answer.status, answer.body.code], [403, 'KEY_CANNOT_MINT'])
  await assert.rejects(mint(app(ann), { name: 'Hers' }), { code: 'SUPER_ADMIN_REQUIRED' })
  assert.equal((await ann.call(`POST ${path}`, { body: { name: 'Hers' } })).body.code, 'SCOPE_TOO_NARROW')
})

test('making a key mails its owner, and the mail holds no key [C1-api-key-mail]', async () => {
  const made = await mint(app(), { name: 'Go to https://evil.example now' })
  const [letter] = await world.letters(one.owner.email)
  assert.equal(letter?.kind, 'api-key')
  assert.ok(letter?.text.includes(made.prefix) && letter.text.includes('the app “Claude”'))
  assert.ok(!letter?.text.includes(made.rawKey) && !letter?.text.includes('evil.example'))
})

test('a key is good in one workspace and for one user [C1-key-other-host] [C1-tenant-border]', async () => {
  const { body } = await ask(ann.key)
  assert.equal(body.id, ann.userId)
  assert.equal((await ask(ann.key, 'GET /api/user/me', other.host)).status, 401)
  assert.equal((await ask(ann.key, 'GET /api/user/me', 'localhost:6050')).status, 401)
  const { body: theirs } = await other.owner.call(`GET ${path}`)
  const revoked = await one.owner.call(`DELETE ${path}/${theirs[0].id}`)
  assert.deepEqual([revoked.status, revoked.body.code], [422, 'API_KEY_NOT_FOUND'])
  assert.equal((await other.owner.call('GET /api/user/me')).status, 200)
})

test('a revoked key stops at once; revoking again is no fault [C1-api-key-revoked]', async () => {
  const made = await mint(one.owner.session(), { name: 'Lost' })
  const revoke = () => one.owner.call(`DELETE ${path}/${made.id}`)
  assert.deepEqual((await revoke()).body, { id: made.id, deleted: true })
  assert.equal((await ask(made.rawKey)).status, 401)
  assert.equal((await revoke()).status, 200)
  assert.ok(!(await one.owner.call(`GET ${path}`)).text.includes(made.id))
  assert.equal((await one.owner.call(`DELETE ${path}/key_nobody`)).body.code, 'API_KEY_NOT_FOUND')
})

test('people see and revoke their own keys, super admins everybody’s', async () => {
  const { listKeys, revokeKey } = await import('./api-key.ts')
  const list = (actor: Actor) => world.db.write(actor, (tx) => listKeys(tx, actor, { limit: 200 }))
  const hers = await list(ann.session())
  assert.ok(hers.rows.length > 0 && hers.rows.every(({ userId }) => userId === ann.userId))
  const all = await list(one.owner.session())
  assert.ok(hers.rows.every(({ id }) => all.rows.some((key) => key.id === id)))
  const theirs = all.rows.find(({ userId }) => userId === one.owner.userId)?.id ?? ''
  const foreign = world.db.write(ann, (tx) => revokeKey(tx, ann.session(), world.means(), theirs))
  await assert.rejects(foreign, { code: 'API_KEY_NOT_FOUND' })
})

test('the last use of a key is noted, and not with every request [C1-api-key-use]', async () => {
  const made = await mint(one.owner.session(), { name: 'Used' })
  const lastUsed = async () => {
    const { body } = await one.owner.call(`GET ${path}?limit=200`)
    return body.find((key: { id: string }) => key.id === made.id).lastUsed
  }
  assert.equal(await lastUsed(), null)
  await ask(made.rawKey)
  const first = await lastUsed()
  assert.equal(first, world.now().toISOString())
  world.pass(60)
  await ask(made.rawKey)
  assert.equal(await lastUsed(), first)
  world.pass(300)
  await Promise.all(Array.from({ length: 5 }, () => ask(made.rawKey)))
  assert.equal(await lastUsed(), world.now().toISOString())
})

test('nobody has more than 100 keys, however many are made at once', async () => {
  const workspace = await openWorkspace(world)
  const actor = workspace.owner.session()
  const made = await Promise.allSettled(
    Array.from({ length: 104 }, (_, at) => mint(actor, { name: `Key ${at}`, scopes: [...scopes] }))
  )
  assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 99)
  for (const one of made) if (one.status === 'rejected') assert.equal(one.reason.code, 'TOO_MANY_KEYS')
})

test('what may not be done here is refused with a key of the right scope too', async () => {
  const key = await makeKey(world, one.owner, ['work:write'])
  for (const what of [`GET ${path}`, `POST ${path}`, `DELETE ${path}/key_1`])
    assert.equal((await ask(key, what)).body.code, 'SCOPE_TOO_NARROW', what)
})

test('a key that was made over OAuth ends with its grant, however that ends [C1-api-key-grant]', async () => {
  const connect = (): Promise<string> =>
    world.db.write(one.owner, (tx) =>
      addGrant(tx, world.now(), {
        ...{ tenantId: one.tenantId, userId: one.owner.userId, clientId: 'client_1', clientName: 'Claude' },
        ...{
          redirectHost: 'claude.ai',
          resourceUrl: `http://${one.host}/api`,
          granted: [...scopes],
          rejected: []
        }
      })
    )
  const mine = await connect()
  const another = await connect()
  const keyOf = async (grantId: string) =>
    (await mint(app(one.owner, { grantId }), { name: 'Over an app', expiresAt: null })).rawKey
  const [first, second] = [await keyOf(mine), await keyOf(another)]
  assert.equal((await ask(first)).status, 200)
  await world.db.write(one.owner, (tx) => revokeGrant(tx, { tenantId: one.tenantId, grantId: mine }))
  assert.equal((await ask(first)).status, 401)
  assert.equal((await ask(second)).status, 200)
  const { rawKey } = await mint(one.owner.session(), { name: 'Made in a browser', expiresAt: null })
  world.pass(grantSeconds + 1)
  assert.equal((await ask(second)).status, 401)
  assert.equal((await ask(rawKey)).status, 200)
})
