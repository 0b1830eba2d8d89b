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
