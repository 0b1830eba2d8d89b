import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as oauth from 'openid-client'
import { fetchIn, openHome, openPlace } from '../../../testing/oauth.ts'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'oauth_metadata')
const place = await openPlace(world)
const home = await openHome(world)

const metadataPath = 'GET /.well-known/oauth-authorization-server'

for (const [name, at] of [
  ['a workspace', place],
  ['home', home]
] as const)
  test(`the metadata of ${name} is RFC 8414's, for its own issuer [R8414-metadata, R9207-metadata, C3-endpoints]`, async () => {
    const answer = await at.call(metadataPath)
    assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
    assert.equal(answer.headers['access-control-allow-origin'], '*')
    assert.deepEqual(answer.body, {
      issuer: at.issuer,
      authorization_endpoint: `${at.issuer}/authorize`,
      token_endpoint: `${at.issuer}/token`,
      registration_endpoint: `${at.issuer}/register`,
      revocation_endpoint: `${at.issuer}/revoke`,
      jwks_uri: `${at.issuer}/.well-known/jwks.json`,
      scopes_supported: ['work:read', 'work:write', 'time:write', 'money:read', 'admin', 'offline_access'],
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: [
        'none',
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt'
      ],
      token_endpoint_auth_signing_alg_values_supported: ['ES256', 'RS256', 'PS256', 'EdDSA'],
      revocation_endpoint_auth_methods_supported: [
        'none',
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt'
      ],
      revocation_endpoint_auth_signing_alg_values_supported: ['ES256', 'RS256', 'PS256', 'EdDSA'],
      authorization_response_iss_parameter_supported: true,
      protected_resources: [`${at.issuer}/api`, `${at.issuer}/mcp`],
      service_documentation: `${at.issuer}/docs`
    })
    const found = await oauth.discovery(new URL(at.issuer), 'any', undefined, oauth.None(), {
      algorithm: 'oauth2',
      execute: [oauth.allowInsecureRequests],
      [oauth.customFetch]: fetchIn(at)
    })
    assert.equal(found.serverMetadata().issuer, at.issuer)
  })

test('each protected resource describes itself at the address that its own was inserted into [R9728-metadata, C3-endpoints]', async () => {
  for (const [path, resource] of [
    ['', ''],
    ['/api', '/api'],
    ['/mcp', '/mcp']
  ]) {
    const { status, body, headers } = await place.call(`GET /.well-known/oauth-protected-resource${path}`)
    assert.equal(status, 200)
    assert.equal(headers['access-control-allow-origin'], '*')
    assert.deepEqual(body, {
      resource: `${place.issuer}${resource}`,
      authorization_servers: [place.issuer],
      scopes_supported: ['work:read', 'work:write'],
      bearer_methods_supported: ['header'],
      resource_name: 'Acme Corp',
      resource_documentation: `${place.issuer}/docs`
    })
  }
})

test('neither a forged Host nor X-Forwarded-* reach any document or redirect [C3-host-immune, R8414-issuer]', async () => {
  const forged = {
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-port': '1',
    'x-original-host': 'evil.example',
    forwarded: 'host=evil.example;proto=https'
  }
  const paths = [
    'oauth-authorization-server',
    'oauth-protected-resource',
    'oauth-protected-resource/mcp',
    'jwks.json'
  ]
  for (const path of paths) {
    const honest = await place.call(`GET /.well-known/${path}`)
    assert.equal((await place.call(`GET /.well-known/${path}`, { headers: forged })).text, honest.text)
    assert.equal((await place.call(`GET /.well-known/${path}`, { host: 'evil.example' })).status, 421)
  }
  const loop = await home.call(metadataPath, { host: '127.0.0.1:9', headers: forged })
  assert.equal(loop.body.issuer, home.issuer, 'a loopback name reaches home, under its stored address')
  const body = {
    client_name: 'x',
    redirect_uris: ['http://127.0.0.1/cb'],
    token_endpoint_auth_method: 'none'
  }
  const made = await place.call('POST /register', { body, headers: forged })
  assert.equal(new URL(made.body.registration_client_uri).origin, place.issuer)
  for (const host of ['evil.example', place.host.replace(':', '.evil.example:'), 'evil.localhost:6050']) {
    const answer = await place.call('POST /token', { host, form: { grant_type: 'refresh_token' } })
    assert.deepEqual([answer.status, typeof answer.body.error], [421, 'string'])
  }
})

test('OpenID Connect is not promised: its document is not there [C3-endpoints]', async () => {
  assert.equal((await place.call('GET /.well-known/openid-configuration')).status, 404)
  for (const path of ['/userinfo', '/session/end', '/par', '/introspect', '/device_authorization'])
    assert.equal((await place.call(`GET ${path}`)).status, 404)
})

test('the key set holds public keys of this workspace alone [R8414-jwks, C3-tenant-apart]', async () => {
  const { body } = await place.call('GET /.well-known/jwks.json')
  const abroad = (await home.call('GET /.well-known/jwks.json')).body
  assert.equal(body.keys.length, 2, 'the active key and the next')
  for (const key of body.keys) {
    assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
    assert.equal(
      abroad.keys.some((one: { kid: string }) => one.kid === key.kid),
      false
    )
  }
})

test('scripts of other origins may ask the endpoints for programs, none the pages [C3-cors-oauth]', async () => {
  const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
  for (const path of [
    '/token',
    '/register',
    '/.well-known/oauth-authorization-server',
    '/.well-known/jwks.json'
  ]) {
    const answer = await place.call(`OPTIONS ${path}`, { headers })
    assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [204, '*'])
    assert.equal(answer.headers['access-control-allow-credentials'], undefined)
  }
  const refused = await place.call('POST /token', {
    headers: { origin: 'https://app.example' },
    form: { grant_type: 'x' }
  })
  assert.equal(refused.headers['access-control-allow-origin'], '*')
  for (const path of ['/authorize', '/revoke'])
    assert.equal(
      (await place.call(`OPTIONS ${path}`, { headers })).headers['access-control-allow-origin'],
      undefined
    )
})
