import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as oauth from 'openid-client'
import { listGrants, revokeGrant } from '#server/features/oauth/oauth-grant.ts'
import { signedIn } from '#server/kernel/http/access.ts'
import { openBrowser, openPlace, type Place } from '../../../testing/oauth.ts'
import { openWorld } from '../../../testing/world.ts'
import { giveAgentAccess, grantWasUsed } from './agent-access.ts'

const world = await openWorld({ after }, 'oauth_agent')
world.http.get('/api/probe', { config: { access: signedIn('work:read') } }, () => ({ ok: true }))
const place = await openPlace(world)

async function give(at: Place = place) {
  const verifier = oauth.randomPKCECodeVerifier()
  const codeChallenge = await oauth.calculatePKCECodeChallenge(verifier)
  const means = { now: world.now(), publicUrl: new URL('http://localhost:6050') } as Parameters<
    typeof giveAgentAccess
  >[1]
  const wish = { tenant: at.tenant, userId: at.userId, agentName: 'Claude', codeChallenge }
  const given = await world.db.write({ tenantId: at.tenant.id }, (tx) => giveAgentAccess(tx, means, wish))
  return { ...given, verifier }
}

function redeem({ oauth: { code, clientId, redirectUri }, verifier }: Awaited<ReturnType<typeof give>>) {
  const form = {
    grant_type: 'authorization_code',
    code,
    client_id: clientId,
    redirect_uri: redirectUri,
    code_verifier: verifier
  }
  return place.call('POST /token', { form })
}

const probe = (token: string) =>
  place.call('GET /api/probe', { headers: { authorization: `Bearer ${token}` } })

test('an agent redeems its code at the ordinary token endpoint and acts for the owner [C2-agent-token, C2-agent-scope]', async () => {
  const given = await give()
  assert.deepEqual(
    { ...given.oauth, clientId: '', code: '' },
    {
      issuer: place.issuer,
      clientId: '',
      code: '',
      redirectUri: 'http://127.0.0.1/callback',
      tokenEndpoint: `${place.issuer}/token`,
      resource: `${place.issuer}/api`,
      scope: 'work:read work:write',
      expiresIn: 600
    }
  )
  const who = { tenantId: place.tenant.id, grantId: given.grantId }
  const used = () => world.db.write(who, (tx) => grantWasUsed(tx, who))
  const answer = await redeem(given)
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.body.scope, 'work:read work:write')
  assert.equal(await used(), false, 'tokens alone are no use')
  assert.equal((await probe(answer.body.access_token)).status, 200)
  assert.equal(await used(), true)
  const form = {
    grant_type: 'refresh_token',
    refresh_token: answer.body.refresh_token,
    client_id: given.oauth.clientId
  }
  const next = await place.call('POST /token', { form })
  assert.deepEqual([next.status, next.body.scope], [200, 'work:read work:write'], next.text)
})

test('the code lives ten minutes and only with its verifier [C2-agent-code]', async () => {
  const given = await give()
  assert.equal(
    (await redeem({ ...given, verifier: oauth.randomPKCECodeVerifier() })).body.error,
    'invalid_grant'
  )
  world.pass(595)
  assert.equal((await redeem(given)).status, 200)
  const late = await give()
  world.pass(601)
  assert.equal((await redeem(late)).body.error, 'invalid_grant')
})

test('the client of an agent cannot ask anybody at /authorize [C2-agent-authorize]', async () => {
  const {
    oauth: { clientId, redirectUri }
  } = await give()
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256'
  })
  const answer = await openBrowser(place).open(`GET /authorize?${query}`)
  assert.deepEqual([answer.status, answer.headers.location], [400, undefined])
})

test('the owner sees the agent among the connected apps and ends it; its client goes too [C2-agent-revoke]', async () => {
  const given = await give()
  const { body } = await redeem(given)
  const who = { tenantId: place.tenant.id, userId: place.userId }
  const apps = () => world.db.write(who, (tx) => listGrants(tx, world.now(), who, { most: 10 }))
  const [newest, ...others] = await apps()
  assert.deepEqual(
    [newest?.grantId, newest?.clientName, newest?.redirectHost, newest?.scopes],
    [given.grantId, 'Claude', '127.0.0.1', ['work:read', 'work:write']]
  )
  const grant = { tenantId: place.tenant.id, grantId: given.grantId }
  assert.equal(await world.db.write(grant, (tx) => revokeGrant(tx, grant)), true)
  world.pass(10)
  assert.equal((await probe(body.access_token)).status, 401)
  const form = {
    grant_type: 'refresh_token',
    refresh_token: body.refresh_token,
    client_id: given.oauth.clientId
  }
  assert.equal((await place.call('POST /token', { form })).body.error, 'invalid_client')
  assert.deepEqual(
    (await apps()).map(({ grantId }) => grantId),
    others.map(({ grantId }) => grantId)
  )
})
