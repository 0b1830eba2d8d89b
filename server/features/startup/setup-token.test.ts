import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { claim, claimState, soundClaim, unclaim, unclaimed } from '../../../testing/claims.ts'
import { type CallOptions, openWorld } from '../../../testing/world.ts'

const setupToken = 'a setup token that nobody guesses'
const set = { EKSO_SETUP_TOKEN: setupToken }
const away = { EKSO_PUBLIC_URL: 'https://ekso.example', SMTP_URL: 'smtp://127.0.0.1:1' }

// One install, seen by servers with different settings.
const local = await openWorld({ after }, 'setup_token')
const localWithToken = await local.twin(set)
const reachable = await local.twin({ HOST: '0.0.0.0' })
const reachableWithToken = await local.twin({ HOST: '0.0.0.0', ...set })
const public_ = await local.twin(away)
const publicWithToken = await local.twin({ ...away, ...set })
beforeEach(() => unclaim(local))

for (const host of ['localhost:6050', '127.0.0.1:6050', '[::1]:6050', 'localhost:9999', 'LOCALHOST:6050']) {
  test(`no token is needed at ${host} while all is local [C4-token-free]`, async () => {
    assert.equal((await claim(local, {}, { host })).status, 200)
    await unclaim(local)
    assert.equal((await claim(localWithToken, { setupToken: 'any' }, { host })).status, 200)
  })
}

for (const HOST of ['127.0.0.1', '127.0.0.7', '::1', '[::1]', 'localhost']) {
  test(`HOST ${HOST} is this machine alone [C4-token-free]`, async () => {
    const world = await local.twin({ HOST, ...set })
    assert.equal((await claim(world)).status, 200)
  })
}

type Due = [why: string, world: typeof local, over: object, options: CallOptions, code: string]
const moved = { publicUrl: 'https://ekso.acme.example' }
const atPublic = { publicUrl: 'https://ekso.example' }
const foreign = { headers: { origin: 'https://evil.example' } }
const due: Due[] = [
  ['the posted URL is not localhost', local, moved, {}, 'SETUP_TOKEN_UNSET'],
  ['the posted URL is not localhost', localWithToken, moved, {}, 'SETUP_TOKEN_WRONG'],
  ['HOST is not loopback', reachable, {}, {}, 'SETUP_TOKEN_UNSET'],
  ['HOST is not loopback', reachableWithToken, {}, {}, 'SETUP_TOKEN_WRONG'],
  ['the URL in force is not localhost', public_, atPublic, {}, 'SETUP_TOKEN_UNSET'],
  ['the URL in force is not localhost', publicWithToken, atPublic, {}, 'SETUP_TOKEN_WRONG'],
  ['only the Host is loopback', publicWithToken, atPublic, { host: 'localhost:6050' }, 'SETUP_TOKEN_WRONG']
]

for (const [why, world, over, options, code] of due) {
  test(`a token is due when ${why}: ${code} without one [C4-token-due, C4-token-unset]`, async () => {
    const { status, body } = await claim(world, over, options)
    assert.deepEqual([status, body.kind, body.code], [403, 'Permission', code])
    assert.deepEqual(await claimState(local), unclaimed)
    if (code === 'SETUP_TOKEN_UNSET') assert.match(body.message, /set EKSO_SETUP_TOKEN .* start the server/)
    if (code !== 'SETUP_TOKEN_WRONG') return
    assert.equal((await claim(world, { ...over, setupToken }, options)).status, 200)
  })
}

test('a token that cannot be had is told before faults of fields [C4-token-unset]', async () => {
  assert.equal((await claim(reachable, { name: '' })).body.code, 'SETUP_TOKEN_UNSET')
})

test('a page of another site needs the token [C4-token-origin]', async () => {
  for (const origin of ['https://evil.example', 'http://localhost:3000', 'null']) {
    const { status } = await claim(local, {}, { headers: { origin } })
    assert.equal(status, 403, origin)
  }
  assert.deepEqual(await claimState(local), unclaimed)
  assert.equal((await claim(localWithToken, { setupToken }, foreign)).status, 200)
  await unclaim(local)
  assert.equal((await claim(local, {}, { headers: { origin: 'http://localhost:6050' } })).status, 200)
})

test('a wrong token is refused, and the sixth try in a minute is not looked at [C4-token-tries]', async () => {
  const from = local.stranger()
  for (const wrong of ['x', `${setupToken}x`, setupToken.slice(1), setupToken.toUpperCase(), 'é']) {
    const { status, body } = await claim(reachableWithToken, { setupToken: wrong }, { from })
    assert.deepEqual([status, body.code], [403, 'SETUP_TOKEN_WRONG'])
  }
  const locked = await claim(reachableWithToken, { setupToken }, { from })
  assert.deepEqual([locked.status, locked.body.code], [429, 'RATE_LIMITED'])
  assert.ok(Number(locked.headers['retry-after']) > 50)
  assert.deepEqual(await claimState(local), unclaimed)
  reachableWithToken.pass(61)
  assert.equal((await claim(reachableWithToken, { setupToken }, { from })).status, 200)
})

test('twenty guesses together get five tries, and the owner elsewhere is not locked out [C4-token-tries]', async () => {
  const from = local.stranger()
  const guesses = Array.from({ length: 20 }, (_, at) =>
    claim(at % 2 ? publicWithToken : localWithToken, { ...moved, setupToken: `guess ${at}` }, { from })
  )
  const statuses = (await Promise.all(guesses)).map(({ status }) => status).sort()
  assert.deepEqual(statuses, [...Array(5).fill(403), ...Array(15).fill(429)])
  assert.equal((await claim(reachableWithToken, { setupToken })).status, 200)
})

test('the right token with a fault elsewhere uses no try up [C4-token-tries]', async () => {
  const from = local.stranger()
  for (let round = 0; round < 7; round++) {
    const { body } = await claim(publicWithToken, { ...moved, setupToken }, { from })
    assert.equal(body.code, 'PUBLIC_URL_FIXED')
  }
})

test('a setting that is not localhost cannot be changed [C4-url-fixed]', async () => {
  for (const publicUrl of [
    'https://ekso.acme.example',
    'https://ekso.example:444',
    'http://localhost:6050'
  ]) {
    const { status, body } = await claim(publicWithToken, { publicUrl, setupToken })
    assert.deepEqual([status, body.code], [400, 'PUBLIC_URL_FIXED'])
    assert.deepEqual(body.fields, [{ field: 'publicUrl', code: 'not_allowed' }])
  }
  assert.deepEqual(await claimState(local), unclaimed)
  const { body } = await claim(publicWithToken, { publicUrl: 'https://EKSO.example/', setupToken })
  assert.equal(body.loginUrl, 'https://ekso.example')
  assert.equal((await claimState(local)).publicUrl, 'https://ekso.example')
})

test('nothing of a token is kept or logged', async () => {
  const guess = 'a guess that must not be written down'
  await claim(reachableWithToken, { setupToken: guess })
  await claim(reachableWithToken, { setupToken })
  const text = JSON.stringify(reachableWithToken.lines)
  for (const secret of [guess, setupToken, soundClaim.password]) assert.ok(!text.includes(secret))
})
