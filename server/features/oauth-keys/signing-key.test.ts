import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { connect, openPlace, registerClient } from '../../../testing/oauth.ts'
import { openWorld } from '../../../testing/world.ts'
import { loadSigningKeys, rotateSigningKeys } from './signing-key.ts'

const world = await openWorld({ after }, 'oauth_keys')
const daySeconds = 24 * 3600

type Keys = Awaited<ReturnType<typeof loadSigningKeys>>

async function load(tenantId: string): Promise<Keys> {
  return world.db.write({ tenantId }, (tx) =>
    loadSigningKeys(tx, { secrets: world.secrets, now: world.now() }, tenantId)
  )
}

const ids = (keys: Keys) => keys.published.map(({ kid }) => kid)

test('the next key is announced long before it signs, the earlier one shown for a day after [C3-key-rotation]', async () => {
  const { tenant } = await openPlace(world)
  const first = await load(tenant.id)
  const [active = '', next = ''] = ids(first)
  assert.equal(first.active.kid, active)
  assert.equal(ids(first).length, 2)
  world.pass(90 * daySeconds - 60)
  assert.deepEqual(ids(await load(tenant.id)), [active, next])
  world.pass(60)
  const second = await load(tenant.id)
  assert.equal(second.active.kid, next)
  assert.deepEqual(ids(second).slice(0, 2), [active, next])
  assert.equal(ids(second).length, 3)
  world.pass(daySeconds)
  assert.deepEqual(ids(await load(tenant.id)), ids(second).slice(1))
})

test('tokens outlive a rotation; those of a compromised key do not [C3-key-rotation, C3-key-compromise]', async () => {
  const place = await openPlace(world)
  const config = await registerClient(place)
  const before = (await connect(place, config)).access_token
  const kidOf = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
  const published = async () =>
    ((await place.call('GET /.well-known/jwks.json')).body.keys as { kid: string }[]).map(({ kid }) => kid)
  const rotate = (isCompromised: boolean) =>
    world.db.write({ tenantId: place.tenant.id }, (tx) =>
      rotateSigningKeys(tx, { secrets: world.secrets, now: world.now() }, place.tenant.id, isCompromised)
    )
  await rotate(false)
  world.pass(61)
  const after = (await connect(place, config)).access_token
  assert.notEqual(kidOf(after), kidOf(before))
  assert.ok((await published()).includes(kidOf(before)))
  await rotate(true)
  world.pass(61)
  const last = (await connect(place, config)).access_token
  assert.deepEqual(
    (await published()).filter((kid) => kid === kidOf(before) || kid === kidOf(after)),
    []
  )
  assert.equal((await published())[0], kidOf(last))
})

test('servers that begin at once agree on the keys [C3-key-rotation]', async () => {
  const { tenant } = await openPlace(world)
  const all = await Promise.all([1, 2, 3, 4].map(() => load(tenant.id)))
  assert.equal(new Set(all.map((keys) => keys.active.kid)).size, 1)
  assert.equal(new Set(all.map((keys) => ids(keys).join())).size, 1)
})

test('private keys are sealed, and open in their own workspace alone [C3-at-rest, C3-tenant-apart]', async () => {
  const [one, two] = [await openPlace(world), await openPlace(world)]
  const keys = await load(one.tenant.id)
  await load(two.tenant.id)
  const rows = await world.db.read({ tenantId: one.tenant.id }, (tables) =>
    tables.selectFrom('oauth_keys').selectAll()
  )
  assert.equal(rows.length, 2)
  for (const row of rows)
    assert.equal(`${row.public_jwk} ${row.sealed_private.toString('latin1')}`.includes(keys.active.d), false)
  await world.db.write({ tenantId: two.tenant.id }, (tx) =>
    tx
      .updateTable('oauth_keys')
      .set({ sealed_private: rows[0]?.sealed_private ?? Buffer.from('') })
      .execute()
  )
  await assert.rejects(load(two.tenant.id), /another workspace/)
})
