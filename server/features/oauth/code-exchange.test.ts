import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import * as oauth from 'openid-client'
import {
  askConsent,
  type Consent,
  connect,
  decideIn,
  loopback,
  openBrowser,
  openPlace,
  type Place,
  registerClient
} from '../../../testing/oauth.ts'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'oauth_code')
const place = await openPlace(world)
const other = await openPlace(world)
const config = await registerClient(place)
const clientId = config.clientMetadata().client_id

const granted = ['work:read', 'work:write'] as const

/** A code that waits to be exchanged. */
async function newCode(params: Record<string, string> = {}): Promise<Consent & { code: string; back: URL }> {
  const consent = await askConsent(config, params)
  const back = await decideIn(place, openBrowser(place), consent.url, { userId: place.userId, granted })
  return { ...consent, back, code: back.searchParams.get('code') ?? '' }
}

function exchange(fields: Record<string, string | string[]>, at: Place = place, headers = {}) {
  const form = new URLSearchParams(
    Object.entries(fields).flatMap(([name, value]) =>
      [value].flat().map((one): [string, string] => [name, one])
    )
  )
  return at.call('POST /token', {
    body: form.toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }
  })
}

function fieldsOf({ code, verifier }: { code: string; verifier: string }): Record<string, string> {
  return {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: loopback,
    client_id: clientId
  }
}

function fails(answer: Awaited<ReturnType<typeof exchange>>, status: number, error: string) {
  assert.deepEqual([answer.status, answer.body?.error], [status, error], answer.text)
  assert.deepEqual(
    Object.keys(answer.body).filter((name) => !name.startsWith('error')),
    []
  )
}

test('a code that is used again is refused, and what its first use gave dies [R6749-code-once, R9700-code-replay]', async () => {
  const given = await newCode()
  const first = await exchange(fieldsOf(given))
  assert.equal(first.status, 200, first.text)
  fails(await exchange(fieldsOf(given)), 400, 'invalid_grant')
  fails(
    await exchange({
      grant_type: 'refresh_token',
      refresh_token: first.body.refresh_token,
      client_id: clientId
    }),
    400,
    'invalid_grant'
  )
})

test('of parallel uses of one code at most one gets tokens [R6749-code-once]', async () => {
  const given = await newCode()
  const answers = await Promise.all([1, 2, 3, 4].map(() => exchange(fieldsOf(given))))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
})

test('a wrong, missing or empty verifier gets nothing [R7636-verifier]', async () => {
  const { code_verifier: _right, ...fields } = fieldsOf(await newCode())
  fails(await exchange({ ...fields, code_verifier: oauth.randomPKCECodeVerifier() }), 400, 'invalid_grant')
  fails(await exchange(fields), 400, 'invalid_grant')
  fails(await exchange({ ...fields, code_verifier: '' }), 400, 'invalid_grant')
  fails(await exchange({ ...fields, code_verifier: 'short' }), 400, 'invalid_request')
})

test('another redirect_uri than that of the request gets nothing, nor does none [R6749-redirect-same]', async () => {
  const given = await newCode()
  fails(
    await exchange({ ...fieldsOf(given), redirect_uri: 'http://127.0.0.1:1/callback' }),
    400,
    'invalid_grant'
  )
  const { redirect_uri: _left, ...fields } = fieldsOf(given)
  fails(await exchange(fields), 400, 'invalid_request')
})

test('a code is bound to its client and to its workspace [R6749-code-client, C3-tenant-apart]', async () => {
  const given = await newCode()
  const thief = await registerClient(place)
  fails(
    await exchange({ ...fieldsOf(given), client_id: thief.clientMetadata().client_id }),
    400,
    'invalid_grant'
  )
  fails(await exchange(fieldsOf(given), other), 401, 'invalid_client')
  const abroad = await registerClient(other)
  fails(
    await exchange({ ...fieldsOf(given), client_id: abroad.clientMetadata().client_id }, other),
    400,
    'invalid_grant'
  )
  assert.equal((await exchange(fieldsOf(given))).status, 200, 'the rightful client still may')
})

test('a code dies after a minute [R6749-code-short]', async () => {
  const given = await newCode()
  world.pass(61)
  fails(await exchange(fieldsOf(given)), 400, 'invalid_grant')
})

test('an authorization request without an S256 challenge is refused: no downgrade [R7636-required, R9700-downgrade]', async () => {
  const { url } = await askConsent(config)
  for (const change of [
    (query: URLSearchParams) => query.delete('code_challenge'),
    (query: URLSearchParams) => query.set('code_challenge_method', 'plain'),
    (query: URLSearchParams) => query.delete('code_challenge_method'),
    (query: URLSearchParams) => query.set('code_challenge', 'too-short')
  ]) {
    const asked = new URL(url)
    change(asked.searchParams)
    const { headers } = await place.call(`GET ${asked.pathname}${asked.search}`)
    assert.equal(new URL(headers.location ?? '').searchParams.get('error'), 'invalid_request')
  }
})

test('a secret client proves itself, by one way only, and is not taken without [R6749-client-auth, R6749-one-mechanism]', async () => {
  const secret = await registerClient(place, { token_endpoint_auth_method: 'client_secret_basic' })
  const { client_id, client_secret = '' } = secret.clientMetadata() as {
    client_id: string
    client_secret?: string
  }
  assert.ok(client_secret)
  const fields = { grant_type: 'refresh_token', refresh_token: 'none' }
  const basic = (password: string) => ({
    authorization: `Basic ${Buffer.from(`${client_id}:${password}`).toString('base64')}`
  })
  fails(await exchange(fields, place, basic(client_secret)), 400, 'invalid_grant')
  const wrong = await exchange(fields, place, basic('wrong'))
  fails(wrong, 401, 'invalid_client')
  assert.match(wrong.headers['www-authenticate'] ?? '', /^Basic /)
  fails(await exchange({ ...fields, client_id }), 401, 'invalid_client')
  fails(
    await exchange({ ...fields, client_id, client_secret }, place, basic(client_secret)),
    400,
    'invalid_request'
  )
  const tokens = await connect(place, secret)
  world.pass(60 * 24 * 3600)
  const next = await oauth.refreshTokenGrant(secret, tokens.refresh_token ?? '')
  assert.equal(next.refresh_token, tokens.refresh_token, 'it proves itself instead of rotating')
  world.pass(60 * 24 * 3600)
  assert.equal((await oauth.refreshTokenGrant(secret, tokens.refresh_token ?? '')).token_type, 'bearer')
})

test('a client may prove itself with a key of its own, each proof once [R9700-client-assertion]', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', kid: 'own' }] } as never
  const auth = oauth.PrivateKeyJwt({ key: privateKey, kid: 'own' })
  const known = await registerClient(place, { token_endpoint_auth_method: 'private_key_jwt', jwks }, auth)
  const tokens = await connect(place, known)
  assert.ok((await oauth.refreshTokenGrant(known, tokens.refresh_token ?? '')).access_token)
  const id = known.clientMetadata().client_id
  const claims = { iss: id, sub: id, aud: place.issuer, jti: 'one-proof' }
  const proof = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', kid: 'own' })
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(privateKey)
  const fields = {
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token ?? '',
    client_assertion: proof,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  }
  assert.equal((await exchange(fields)).status, 200)
  fails(await exchange(fields), 401, 'invalid_client')
})

test('an unknown client is 401 invalid_client, so that clients register again [R6749-invalid-client]', async () => {
  fails(await exchange({ ...fieldsOf(await newCode()), client_id: 'client_unknown' }), 401, 'invalid_client')
})

test('a failure of ours is server_error in the same shape, hides what it was, and spends nothing [C3-error-shape]', async () => {
  const given = await newCode()
  const spoil = (metadata: string) =>
    world.db.write({ tenantId: place.tenant.id }, (tx) =>
      tx.updateTable('oauth_clients').set({ metadata }).where('id', '=', clientId).execute()
    )
  const [row] = await world.db.read({ tenantId: place.tenant.id }, (tables) =>
    tables.selectFrom('oauth_clients').select('metadata').where('id', '=', clientId)
  )
  await spoil('{')
  const answer = await exchange(fieldsOf(given))
  fails(answer, 500, 'server_error')
  assert.doesNotMatch(answer.text, /JSON|position/)
  const line = world.lines.find(({ msg, requestId }) => msg && requestId === answer.headers['x-request-id'])
  assert.equal(line?.level, 'error')
  assert.equal((await place.call(`GET /authorize?client_id=${clientId}`)).status, 500)
  await spoil(row?.metadata ?? '')
  assert.equal((await exchange(fieldsOf(given))).status, 200)
})

test('doubled parameters, other grants, other bodies and GET are refused in the shape of RFC 6749 [R6749-token-request, R6749-token-post, R6749-doubled-parameters, R9700-no-password, C3-error-shape]', async () => {
  const given = await newCode()
  fails(await exchange({ ...fieldsOf(given), code: [given.code, given.code] }), 400, 'invalid_request')
  fails(await exchange({ ...fieldsOf(given), grant_type: 'password' }), 400, 'unsupported_grant_type')
  fails(
    await exchange({ ...fieldsOf(given), grant_type: 'client_credentials' }),
    400,
    'unsupported_grant_type'
  )
  fails(await place.call('POST /token', { body: fieldsOf(given) }), 400, 'invalid_request')
  fails(await exchange({ ...fieldsOf(given), resource: `${place.issuer}/mcp` }), 400, 'invalid_target')
  fails(await exchange({ ...fieldsOf(given), state: '\0' }), 400, 'invalid_request')
  fails(await exchange({ ...fieldsOf(given), state: 'x'.repeat(17_000) }), 413, 'invalid_request')
  assert.equal((await place.call('GET /token')).status, 404)
  assert.equal((await exchange(fieldsOf(given))).status, 200, 'the code was not spent by any of them')
})

test('the token answer is JSON that no cache keeps [R6749-token-answer, R6749-secret-strength, R6749-scope-told]', async () => {
  const answer = await exchange(fieldsOf(await newCode()), place, { accept: 'text/html' })
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
  assert.deepEqual([answer.headers['cache-control'], answer.headers.pragma], ['no-store', 'no-cache'])
  assert.ok(answer.body.refresh_token.length >= 43)
  assert.equal(answer.headers['access-control-allow-origin'], '*')
  assert.deepEqual(Object.keys(answer.body).sort(), [
    'access_token',
    'expires_in',
    'refresh_token',
    'scope',
    'token_type'
  ])
})
