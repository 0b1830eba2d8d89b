import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as oauth from 'openid-client'
import { makeOauthSweep } from '#server/features/oauth/oauth-sweep.ts'
import { connect, openPlace, type Place, registerClient } from '../../../testing/oauth.ts'
import type { Answer, World } from '../../../testing/world.ts'
import { openWorld } from '../../../testing/world.ts'

// Two servers over one database: pools, keys and providers of their own, as two processes have.
const world = await openWorld({ after }, 'oauth_refresh')
const twin = await openWorld({ after }, 'unused', {}, { database: world.database })
const strict = await openWorld(
  { after },
  'unused',
  { EKSO_REFRESH_REPLAY_SECONDS: '0' },
  { database: world.database }
)
const place = await openPlace(world)
const config = await registerClient(place)
const clientId = config.clientMetadata().client_id

function pass(seconds: number): void {
  for (const one of [world, twin, strict]) one.pass(seconds)
}

function refresh(
  token: string,
  more: Record<string, string> = {},
  at: World = world,
  host = place.host
): Promise<Answer> {
  const fields = { grant_type: 'refresh_token', refresh_token: token, client_id: clientId, ...more }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return at.call('POST /token', { host, body: new URLSearchParams(fields).toString(), headers })
}

async function newToken(at: Place = place): Promise<string> {
  return (await connect(at, config)).refresh_token ?? ''
}

function succeeds(answer: Answer): string {
  assert.equal(answer.status, 200, answer.text)
  return answer.body.refresh_token
}

function fails(answer: Answer, error = 'invalid_grant'): void {
  assert.deepEqual([answer.status, answer.body?.error], [400, error], answer.text)
}

for (const [name, first, second] of [
  ['with the replay window', world, twin],
  ['in strict mode', strict, strict]
] as const)
  test(`8 simultaneous refreshes of one token through two servers all succeed with one successor, ${name} [C3-refresh-together]`, async () => {
    const token = await newToken()
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, at) => refresh(token, {}, at % 2 === 0 ? first : second))
    )
    const successors = new Set(answers.map(succeeds))
    assert.equal(successors.size, 1)
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1, 'one answer for all')
    const [successor = ''] = successors
    succeeds(await refresh(successor))
  })

test('a refresh repeated within 10 s gets the same answer, while the successor is unused [C3-refresh-replay]', async () => {
  const token = await newToken()
  const first = await refresh(token)
  pass(9)
  const again = await refresh(token, {}, twin)
  assert.equal(again.text, first.text)
  succeeds(await refresh(succeeds(first)))
})

test('reuse after the successor was used kills the family; another device lives on [R9700-refresh-reuse, C3-refresh-family]', async () => {
  const [token, otherDevice] = [await newToken(), await newToken()]
  const successor = succeeds(await refresh(token))
  const third = succeeds(await refresh(successor))
  pass(1)
  fails(await refresh(token))
  fails(await refresh(third))
  succeeds(await refresh(otherDevice))
})

test('reuse after the window kills the family [R9700-refresh-reuse, C3-refresh-family]', async () => {
  const token = await newToken()
  const successor = succeeds(await refresh(token))
  pass(11)
  fails(await refresh(token, {}, twin))
  fails(await refresh(successor))
})

test('in strict mode a token that was rotated is reuse at once [C3-refresh-strict]', async () => {
  const token = await newToken()
  const successor = succeeds(await refresh(token, {}, strict))
  pass(1)
  fails(await refresh(token, {}, strict))
  fails(await refresh(successor, {}, strict))
})

test('only the same question gets the kept answer: another scope or client is reuse [C3-refresh-replay]', async () => {
  for (const more of [{ scope: 'work:read' }, { client_id: 'client_other' }] as Record<string, string>[]) {
    const token = await newToken()
    const successor = succeeds(await refresh(token))
    pass(1)
    fails(await refresh(token, more))
    fails(await refresh(successor))
  }
})

test('a kept answer is sealed, and gone once it may not be given again [C3-refresh-sealed]', async () => {
  const token = await newToken()
  const { body } = await refresh(token)
  const kept = async () => {
    const rows = await world.db.read({ tenantId: place.tenant.id }, (tables) =>
      tables
        .selectFrom('oauth_artifacts')
        .select(['payload', 'sealed_answer'])
        .where('kind', '=', 'RefreshToken')
    )
    return rows
  }
  for (const secret of [token, body.refresh_token, body.access_token])
    for (const row of await kept()) {
      assert.ok(!row.payload.includes(secret))
      assert.ok(!row.sealed_answer?.includes(secret))
    }
  pass(61)
  const sweep = makeOauthSweep(1)
  const { length } = await world.db.read({ tenantId: '' }, (tables) =>
    tables.selectFrom('tenants').select('id')
  )
  for (let at = 0; at < length; at++) await world.db.install((tx) => sweep(tx, world.now()))
  assert.deepEqual(
    (await kept()).filter((row) => row.sealed_answer !== null),
    []
  )
})

test('a refresh token may be narrowed and never widened [R6749-refresh-scope, C3-scope-cut]', async () => {
  const token = await newToken()
  fails(await refresh(token, { scope: 'work:read admin' }), 'invalid_scope')
  const narrow = await refresh(token, { scope: ' work:read ' })
  assert.equal(narrow.body.scope, 'work:read')
  const wide = await refresh(succeeds(narrow))
  assert.equal(wide.body.scope, 'work:read work:write', 'narrowing held for one access token')
})

test('a refresh token is bound to its client, workspace and resource [R6749-refresh-client, R8707-refresh, C3-tenant-apart]', async () => {
  const token = await newToken()
  const thief = await registerClient(place)
  fails(await refresh(token, { client_id: thief.clientMetadata().client_id }))
  fails(await refresh(token, { resource: `${place.issuer}/mcp` }), 'invalid_target')
  const other = await openPlace(world)
  const abroad = await registerClient(other)
  fails(await refresh(token, { client_id: abroad.clientMetadata().client_id }, world, other.host))
  succeeds(await refresh(token))
})

test('a refresh token ends after 30 idle days [C3-refresh-idle]', async () => {
  const token = await newToken()
  pass(29 * 24 * 3600)
  const next = succeeds(await refresh(token))
  pass(31 * 24 * 3600)
  fails(await refresh(next))
})

test('revoking a refresh token ends its family alone, and a stranger cannot [R7009-revoke, R7009-client, R7009-unsupported]', async () => {
  const [token, otherDevice] = [await newToken(), await newToken()]
  const thief = await registerClient(place)
  await oauth.tokenRevocation(thief, token)
  const next = succeeds(await refresh(token))
  await oauth.tokenRevocation(config, next)
  fails(await refresh(next))
  succeeds(await refresh(otherDevice))
  await oauth.tokenRevocation(config, 'a token that nobody knows')
  const { access_token } = await connect(place, config)
  await assert.rejects(oauth.tokenRevocation(config, access_token), { error: 'unsupported_token_type' })
})
