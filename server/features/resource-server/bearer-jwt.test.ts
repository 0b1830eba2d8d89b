import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT
} from 'jose'
import { revokeGrant, revokeUser } from '#server/features/oauth/oauth-grant.ts'
import { loadSigningKeys } from '#server/features/oauth-keys/signing-key.ts'
import { signedIn } from '#server/kernel/http/access.ts'
import { connect, openPlace, type Place, registerClient } from '../../../testing/oauth.ts'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'oauth_bearer')
const show = ({ actor }: { actor: { scopes: Iterable<string> } }) => ({ ...actor, scopes: [...actor.scopes] })
world.http.get('/api/probe', { config: { access: signedIn('work:read') } }, show)
world.http.put('/api/probe', { config: { access: signedIn('work:write') } }, show)
world.http.get('/api/probe/money', { config: { access: signedIn('money:read') } }, show)
const mcp = { ...signedIn('work:read'), resource: 'mcp' as const }
world.http.get('/mcp', { config: { access: mcp } }, show)

const place = await openPlace(world)
const other = await openPlace(world)
const config = await registerClient(place)

const bearing = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
const probe = (token: string, at: Place = place) => at.call('GET /api/probe', bearing(token))

async function newToken(params: Record<string, string> = {}): Promise<string> {
  return (await connect(place, config, params)).access_token
}

function payloadOf(token: string): JWTPayload & Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

function headerOf(token: string): JWTHeaderParameters {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())
}

async function ownKey(): Promise<CryptoKey> {
  const { active } = await world.db.write({ tenantId: place.tenant.id }, (tx) =>
    loadSigningKeys(tx, { secrets: world.secrets, now: world.now() }, place.tenant.id)
  )
  return (await importJWK(active, 'ES256')) as CryptoKey
}

test('an access token opens the API for the user, the client and the scopes that it names [R9068-accepted, C3-token-form]', async () => {
  const token = await newToken()
  assert.deepEqual([headerOf(token).typ, headerOf(token).alg], ['at+jwt', 'ES256'])
  const { jti, iat, exp, grant, ...claims } = payloadOf(token)
  assert.deepEqual(claims, {
    iss: place.issuer,
    aud: `${place.issuer}/api`,
    sub: place.userId,
    client_id: config.clientMetadata().client_id,
    scope: 'work:read work:write',
    workspace: place.tenant.id
  })
  assert.ok(jti && Number(exp) - Number(iat) === 900)
  const { status, body } = await probe(token)
  assert.equal(status, 200)
  assert.deepEqual([body.userId, body.tenantId, body.grantId], [place.userId, place.tenant.id, grant])
  assert.deepEqual(body.client, { kind: 'oauth', id: claims.client_id, name: 'Test agent', marker: null })
  assert.deepEqual(body.scopes, ['work:read', 'work:write'])
})

const forgeries: [
  string,
  (payload: JWTPayload, header: JWTHeaderParameters, key: CryptoKey) => Promise<string>
][] = [
  [
    'another type',
    (payload, header, key) => new SignJWT(payload).setProtectedHeader({ ...header, typ: 'JWT' }).sign(key)
  ],
  [
    'no type',
    (payload, { typ: _typ, ...header }, key) =>
      new SignJWT(payload).setProtectedHeader(header as JWTHeaderParameters).sign(key)
  ],
  [
    'another issuer',
    (payload, header, key) =>
      new SignJWT({ ...payload, iss: other.issuer }).setProtectedHeader(header).sign(key)
  ],
  [
    'another audience',
    (payload, header, key) =>
      new SignJWT({ ...payload, aud: `${place.issuer}/mcp` }).setProtectedHeader(header).sign(key)
  ],
  [
    'no audience',
    ({ aud: _aud, ...payload }, header, key) => new SignJWT(payload).setProtectedHeader(header).sign(key)
  ],
  [
    'another user',
    (payload, header, key) =>
      new SignJWT({ ...payload, sub: other.userId }).setProtectedHeader(header).sign(key)
  ],
  [
    'another client',
    (payload, header, key) =>
      new SignJWT({ ...payload, client_id: 'client_x' }).setProtectedHeader(header).sign(key)
  ],
  [
    'another workspace',
    (payload, header, key) =>
      new SignJWT({ ...payload, workspace: other.tenant.id }).setProtectedHeader(header).sign(key)
  ],
  [
    'no grant',
    ({ grant: _grant, ...payload }, header, key) => new SignJWT(payload).setProtectedHeader(header).sign(key)
  ],
  [
    'no end',
    ({ exp: _exp, ...payload }, header, key) => new SignJWT(payload).setProtectedHeader(header).sign(key)
  ],
  [
    'its end past',
    (payload, header, key) =>
      new SignJWT({ ...payload, exp: Math.floor(world.now().getTime() / 1000) - 10 })
        .setProtectedHeader(header)
        .sign(key)
  ],
  ['no signature', async (payload) => new UnsecuredJWT(payload).encode()],
  [
    'a signature of its own key',
    async (payload, header) => {
      const { privateKey, publicKey } = await generateKeyPair('ES256')
      const jwk = await exportJWK(publicKey)
      return new SignJWT(payload).setProtectedHeader({ ...header, jwk }).sign(privateKey)
    }
  ],
  [
    'the public key as a shared secret',
    async (payload, header) => {
      const { body } = await place.call('GET /.well-known/jwks.json')
      return new SignJWT(payload)
        .setProtectedHeader({ ...header, alg: 'HS256' })
        .sign(Buffer.from(JSON.stringify(body.keys[0])))
    }
  ]
]

for (const [name, forge] of forgeries)
  test(`a token with ${name} is refused [R9068-validation]`, async () => {
    const token = await newToken()
    assert.equal((await probe(token)).status, 200)
    const forged = await forge(payloadOf(token), headerOf(token), await ownKey())
    const answer = await probe(forged)
    assert.equal(answer.status, 401)
    assert.match(
      answer.headers['www-authenticate'] ?? '',
      /^Bearer error="invalid_token", resource_metadata="/
    )
  })

test('a token that was signed with our key and is whole passes: the forgeries fail by what they change', async () => {
  const token = await newToken()
  const again = await new SignJWT(payloadOf(token)).setProtectedHeader(headerOf(token)).sign(await ownKey())
  assert.equal((await probe(again)).status, 200)
})

test('a token of one workspace opens no other, nor does one resource open the other [C3-tenant-apart, C3-audience, R8707-audience]', async () => {
  const token = await newToken()
  assert.equal((await probe(token, other)).status, 401)
  assert.equal((await place.call('GET /mcp', bearing(token))).status, 401)
  const forMcp = await newToken({ resource: `${place.issuer}/mcp` })
  assert.equal((await place.call('GET /mcp', bearing(forMcp))).status, 200)
  assert.equal((await probe(forMcp)).status, 401)
})

test('a token counts in the Authorization header alone: not in the query, a body or a cookie [R6750-header, R9700-no-query]', async () => {
  const token = await newToken()
  assert.equal((await place.call(`GET /api/probe?access_token=${token}`)).status, 401)
  const body = { access_token: token }
  assert.equal((await place.call('PUT /api/probe', { body })).status, 401)
  assert.equal(
    (await place.call('GET /api/probe', { headers: { cookie: `access_token=${token}` } })).status,
    401
  )
})

test('without a token the challenge names the metadata and the baseline, and no error [R9728-challenge, R6750-challenge]', async () => {
  const answer = await place.call('GET /api/probe')
  assert.equal(answer.status, 401)
  assert.equal(
    answer.headers['www-authenticate'],
    `Bearer resource_metadata="${place.issuer}/.well-known/oauth-protected-resource/api", scope="work:read work:write"`
  )
})

test('too narrow a scope is 403 with the scopes that are needed; write implies read [R6750-insufficient-scope, C3-scope-implied]', async () => {
  const narrow = await newToken({ scope: 'work:write' })
  assert.equal((await probe(narrow)).status, 200)
  const answer = await place.call('GET /api/probe/money', bearing(narrow))
  assert.equal(answer.status, 403)
  assert.match(
    answer.headers['www-authenticate'] ?? '',
    /error="insufficient_scope", scope="work:read work:write money:read"/
  )
  const reader = await newToken({ scope: 'work:read' })
  assert.equal((await place.call('PUT /api/probe', { body: {}, ...bearing(reader) })).status, 403)
})

test('an access token ends after 15 minutes [C3-token-form]', async () => {
  const token = await newToken()
  world.pass(899)
  assert.equal((await probe(token)).status, 200)
  world.pass(7)
  assert.equal((await probe(token)).status, 401)
})

test('a disconnected app is refused within ten seconds, the others go on [C3-disconnect]', async () => {
  const [token, otherDevice] = [await newToken(), await newToken()]
  assert.equal((await probe(token)).status, 200)
  const grantId = String(payloadOf(token).grant)
  const place2 = { tenantId: place.tenant.id, grantId }
  const revoke = (userId: string) => world.db.write(place2, (tx) => revokeGrant(tx, { ...place2, userId }))
  assert.equal(await revoke('user_another'), false)
  assert.equal(await revoke(place.userId), true)
  world.pass(10)
  assert.equal((await probe(token)).status, 401)
  assert.equal((await probe(otherDevice)).status, 200)
})

test('ending a user ends all access within ten seconds [C3-disconnect]', async () => {
  const away = await openPlace(world)
  const client = await registerClient(away)
  const [one, two] = [await connect(away, client), await connect(away, client)]
  assert.equal((await probe(one.access_token, away)).status, 200)
  const who = { tenantId: away.tenant.id, userId: away.userId }
  assert.equal(await world.db.write(who, (tx) => revokeUser(tx, who)), 2)
  world.pass(10)
  for (const { access_token } of [one, two]) assert.equal((await probe(access_token, away)).status, 401)
  const again = await connect(away, client)
  await world.db.write(who, (tx) =>
    tx.updateTable('users').set({ deleted: true }).where('id', '=', who.userId).execute()
  )
  assert.equal((await probe(again.access_token, away)).status, 401)
})
