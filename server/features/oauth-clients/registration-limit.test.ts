import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { askConsent, connect, openBrowser, openPlace, registerClient } from '../../../testing/oauth.ts'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'oauth_registration_limit')
const place = await openPlace(world)
const other = await openPlace(world)

function register(body: unknown, from = world.stranger(), at = place) {
  return at.call('POST /register', { body, from })
}

const base = {
  client_name: 'An agent',
  redirect_uris: ['http://127.0.0.1:4000/callback'],
  token_endpoint_auth_method: 'none'
}

test('registrations are limited by client address, in the shape of RFC 7591 [C3-registration-limit]', async () => {
  const from = world.stranger()
  for (let at = 0; at < 60; at++) await register({ ...base, redirect_uris: [] }, from)
  const answer = await register(base, from)
  assert.deepEqual([answer.status, answer.body.error], [429, 'temporarily_unavailable'])
  assert.ok(Number(answer.headers['retry-after']) > 0)
  assert.equal((await register(base)).status, 201, 'others may')
  assert.equal((await register(base, from, other)).status, 201, 'another workspace counts for itself')
})

test('clients without consent make room for new ones, the oldest first, and are forgotten after three days [C3-registration-quota]', async () => {
  const crowded = await openPlace(world)
  const kept = await registerClient(crowded)
  await connect(crowded, kept)
  const first = (await register(base, world.stranger(), crowded)).body.client_id
  await world.db.write({ tenantId: crowded.tenant.id }, async (tx) => {
    const { metadata } = await tx
      .selectFrom('oauth_clients')
      .select('metadata')
      .where('id', '=', first)
      .executeTakeFirstOrThrow()
    for (let at = 0; at < 499; at++)
      await tx
        .insertInto('oauth_clients')
        .values({
          tenant_id: crowded.tenant.id,
          id: `client_${at}`,
          kind: 'registered',
          name: 'n',
          metadata,
          created: new Date(world.now().getTime() + at),
          expires: null
        })
        .execute()
  })
  const ids = () =>
    world.db.read({ tenantId: crowded.tenant.id }, (tables) =>
      tables.selectFrom('oauth_clients').select('id')
    )
  assert.equal((await ids()).length, 501)
  world.pass(1)
  const newest = (await register(base, world.stranger(), crowded)).body.client_id
  const left = (await ids()).map(({ id }) => id)
  assert.equal(left.length, 501)
  assert.equal(left.includes(first), false)
  assert.ok(left.includes(newest) && left.includes(kept.clientMetadata().client_id))
  world.pass(72 * 3600 + 1)
  const config = await askConsent(kept)
  assert.match(
    (await openBrowser(crowded).open(`GET ${config.url.pathname}${config.url.search}`)).headers.location ??
      '',
    /^\/interaction\//
  )
  assert.equal((await ids()).map(({ id }) => id).includes(newest), false)
})
