import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as oauth from 'openid-client'
import { connect, openHome, openPlace, registerClient } from '../../../testing/oauth.ts'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'oauth_flow')

for (const [name, open] of [
  ['a workspace host', () => openPlace(world)],
  ['the home host', () => openHome(world)]
] as const)
  test(`an independent client discovers, registers, authorises, exchanges, refreshes and revokes on ${name}`, async () => {
    const place = await open()
    const config = await registerClient(place)
    const tokens = await connect(place, config)
    assert.equal(tokens.token_type, 'bearer')
    assert.equal(tokens.expires_in, 900)
    assert.equal(tokens.scope, 'work:read work:write')
    const refreshed = await oauth.refreshTokenGrant(config, tokens.refresh_token ?? '')
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token)
    await oauth.tokenRevocation(config, refreshed.refresh_token ?? '')
    await assert.rejects(oauth.refreshTokenGrant(config, refreshed.refresh_token ?? ''), {
      error: 'invalid_grant'
    })
  })

test('on https the cookies are Secure, with names that no sibling host can set [C3-cookie-flags]', async () => {
  const environment = { EKSO_PUBLIC_URL: 'https://ekso.example', SMTP_URL: 'smtp://127.0.0.1:9' }
  const secure = await openWorld({ after }, 'oauth_https', environment)
  const body = {
    client_name: 'x',
    redirect_uris: ['https://app.example/cb'],
    token_endpoint_auth_method: 'none'
  }
  const { client_id } = (await secure.call('POST /register', { body })).body
  const query = new URLSearchParams({
    response_type: 'code',
    client_id,
    redirect_uri: 'https://app.example/cb',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256'
  })
  const begun = await secure.call(`GET /authorize?${query}`, {
    headers: { cookie: 'ekso-oauth=AAAAAAAAAAAAAAAAAAAAAA' }
  })
  assert.match(begun.headers.location ?? '', /^\/interaction\//)
  const lines = [begun.headers['set-cookie'] ?? []].flat()
  const names = lines.map((line) => line.split('=', 1)[0])
  assert.ok(names.includes('__Host-ekso-oauth'), 'a name without the prefix counts for nothing here')
  assert.deepEqual(
    names.filter((name) => !/^__(?:Host|Secure)-/.test(name ?? '')),
    []
  )
  for (const line of lines) assert.match(line, /; secure/i)
  assert.match(lines.find((line) => line.startsWith('__Host-')) ?? '', /; Path=\//)
})
