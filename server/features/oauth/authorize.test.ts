import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as oauth from 'openid-client'
import { describeInteraction, finishInteraction } from '#server/features/oauth/oauth-interaction.ts'
import {
  askConsent,
  connect,
  decideIn,
  loopback,
  openBrowser,
  openPlace,
  redeem,
  registerClient
} from '../../../testing/oauth.ts'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'oauth_authorize')
const place = await openPlace(world)
const other = await openPlace(world)
const config = await registerClient(place)
const all = ['work:read', 'work:write', 'time:write', 'money:read', 'admin'] as const

/** Sends a browser to `/authorize` and answers the redirect or the page. */
async function begin(change: (query: URLSearchParams) => void, browser = openBrowser(place)) {
  const { url } = await askConsent(config)
  change(url.searchParams)
  const answer = await browser.open(`GET ${url.pathname}${url.search}`)
  const location = answer.headers.location ? new URL(answer.headers.location, place.issuer) : undefined
  return { answer, location, browser }
}

/** An interaction that waits for the user, as the page shows it. */
async function waiting(params: Record<string, string> = {}, client = config) {
  const browser = openBrowser(place)
  const { url } = await askConsent(client, params)
  const begun = await browser.open(`GET ${url.pathname}${url.search}`)
  const uid = /^\/interaction\/([^/?]+)$/.exec(begun.headers.location ?? '')?.[1] ?? ''
  assert.ok(uid, begun.text || begun.headers.location)
  const cookies = [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const visit = { tenant: place.tenant, uid, cookies }
  return { browser, visit, begun, about: await describeInteraction(place.server, visit) }
}

test('the answer names the issuer and echoes the state, in success and in error [R9207-iss, R6749-state]', async () => {
  const consent = await askConsent(config, { state: 'a state with ümlauts & signs=' })
  const back = await decideIn(place, openBrowser(place), consent.url, { userId: place.userId, granted: all })
  assert.equal(back.searchParams.get('iss'), place.issuer)
  assert.equal(back.searchParams.get('state'), 'a state with ümlauts & signs=')
  const denied = await askConsent(config)
  const away = await decideIn(place, openBrowser(place), denied.url, { denied: true })
  assert.deepEqual(
    ['error', 'iss', 'state', 'code'].map((name) => away.searchParams.get(name)),
    ['access_denied', place.issuer, denied.state, null]
  )
})

test('a client sees a mix-up: the answer of another issuer is refused by it [R9700-mix-up]', async () => {
  const consent = await askConsent(config)
  const back = await decideIn(place, openBrowser(place), consent.url, { userId: place.userId, granted: all })
  back.searchParams.set('iss', other.issuer)
  await assert.rejects(redeem(config, consent, back), (error: Error) => /iss/.test(String(error.cause)))
})

test('without a known client or redirect_uri nothing is redirected: an error page says so [R6749-no-open-redirect, R9700-redirect-exact, R9700-no-cors, R9700-frames]', async () => {
  const changes: ((query: URLSearchParams) => void)[] = [
    (query) => query.set('redirect_uri', 'https://evil.example/callback'),
    (query) => query.set('redirect_uri', `${loopback}/more`),
    (query) => query.set('redirect_uri', `${loopback}?more`),
    (query) => query.set('redirect_uri', 'http://localhost:43117/callback'),
    (query) => query.set('redirect_uri', 'http://127.0.0.1.evil.example/callback'),
    (query) => query.delete('redirect_uri'),
    (query) => query.set('client_id', 'client_unknown'),
    (query) => query.delete('client_id'),
    (query) => query.append('redirect_uri', 'https://evil.example/')
  ]
  for (const change of changes) {
    const { answer, location } = await begin(change)
    assert.deepEqual([answer.status, location], [400, undefined], answer.text)
    assert.match(answer.headers['content-type'] ?? '', /^text\/html/)
    assert.match(answer.headers['content-security-policy'] ?? '', /frame-ancestors 'none'/)
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(answer.headers['access-control-allow-origin'], undefined)
  }
})

test('a loopback redirect may have any port, and nothing else may differ [R9700-loopback-port]', async () => {
  const { location } = await begin((query) => query.set('redirect_uri', 'http://127.0.0.1:1/callback'))
  assert.match(location?.pathname ?? '', /^\/interaction\//)
})

test('faults of the request are told to the client by a redirect that is 303 [R6749-authorize-error, R6749-doubled-parameters, R6749-owner, R8707-target, R9700-no-307]', async () => {
  const cases: [string, (query: URLSearchParams) => void][] = [
    ['unsupported_response_type', (query) => query.set('response_type', 'code2')],
    ['invalid_request', (query) => query.delete('response_type')],
    ['invalid_scope', (query) => query.set('scope', 'everything')],
    ['invalid_scope', (query) => query.set('scope', 'work:read "')],
    ['invalid_target', (query) => query.set('resource', 'https://elsewhere.example/api')],
    [
      'invalid_target',
      (query) => {
        query.append('resource', `${place.issuer}/api`)
        query.append('resource', `${place.issuer}/mcp`)
      }
    ],
    ['invalid_request', (query) => query.append('state', 'another')],
    ['unsupported_response_mode', (query) => query.set('response_mode', 'form_post')],
    ['login_required', (query) => query.set('prompt', 'none')],
    ['request_not_supported', (query) => query.set('request', 'eyJ')]
  ]
  for (const [error, change] of cases) {
    const { location, answer } = await begin(change)
    assert.equal(location?.origin, 'http://127.0.0.1:43117', answer.text)
    assert.equal(location?.searchParams.get('error'), error)
    assert.equal(location?.searchParams.get('iss'), place.issuer)
    assert.equal(answer.status, 303)
  }
})

test('only a code is ever answered: the other response types do not exist [R9700-no-implicit]', async () => {
  for (const type of ['token', 'id_token', 'code token', 'code id_token', 'none']) {
    const { location } = await begin((query) => query.set('response_type', type))
    const told = new URLSearchParams(location?.search || location?.hash.slice(1))
    assert.deepEqual([told.get('error'), told.get('access_token')], ['unsupported_response_type', null], type)
  }
})

test('parameters that nobody knows are ignored, also those of OpenID Connect [R6749-unknown-parameters]', async () => {
  const { location } = await begin((query) => {
    for (const name of ['nonce', 'max_age', 'claims', 'id_token_hint', 'acr_values', 'utm_source'])
      query.set(name, 'x')
    query.set('scope', 'openid work:read profile')
  })
  assert.match(location?.pathname ?? '', /^\/interaction\//)
})

test('no scope means work:read work:write; spaces in it do not matter [C3-scope-default, R6749-scope-default, R6749-scope-told]', async () => {
  for (const [scope, given] of [
    [undefined, 'work:read work:write'],
    ['', 'work:read work:write'],
    ['offline_access', 'work:read work:write'],
    ['  work:read   time:write ', 'work:read time:write']
  ] as const) {
    const tokens = await connect(place, config, scope === undefined ? {} : { scope })
    assert.equal(tokens.scope, given)
  }
})

test('a refresh token comes with or without offline_access and prompt=consent [C3-refresh-given]', async () => {
  for (const params of [
    {},
    { scope: 'work:read offline_access' },
    { scope: 'work:read offline_access', prompt: 'consent' }
  ] as Record<string, string>[])
    assert.ok((await connect(place, config, params)).refresh_token)
})

test('unticked scopes are not granted; nothing ticked is a denial [C3-consent-untick]', async () => {
  const consent = await askConsent(config, { scope: 'work:read work:write admin' })
  const decision = { userId: place.userId, granted: ['work:read', 'money:read'] as const }
  const back = await decideIn(place, openBrowser(place), consent.url, decision)
  assert.equal((await redeem(config, consent, back)).scope, 'work:read')
  const nothing = await askConsent(config)
  const away = await decideIn(place, openBrowser(place), nothing.url, { userId: place.userId, granted: [] })
  assert.equal(away.searchParams.get('error'), 'access_denied')
})

test('the page learns who asks for what, and where the answer goes [C3-consent-facts]', async () => {
  const { about } = await waiting({
    scope: 'work:read admin money:read',
    resource: `${place.issuer}/mcp`,
    prompt: 'login'
  })
  assert.deepEqual(about, {
    clientId: config.clientMetadata().client_id,
    clientName: 'Test agent',
    verifiedHost: undefined,
    redirectHost: '127.0.0.1:43117',
    formAction: 'http://127.0.0.1:43117',
    isLoopback: true,
    resource: 'mcp',
    resourceUrl: `${place.issuer}/mcp`,
    begun: world.now(),
    scopes: [
      { scope: 'work:read', startsTicked: true },
      { scope: 'money:read', startsTicked: false },
      { scope: 'admin', startsTicked: false }
    ],
    mustConsent: false,
    mustSignIn: true,
    skipsConsent: false
  })
})

test('only the browser that began an interaction may see, finish and resume it [C3-interaction-browser]', async () => {
  const { visit, about, browser } = await waiting()
  assert.ok(about)
  const stranger = await waiting()
  for (const cookies of [
    undefined,
    '',
    stranger.visit.cookies,
    visit.cookies.replace(/ekso-oauth=[^;]+/, `ekso-oauth=${'A'.repeat(22)}`)
  ]) {
    assert.equal(await describeInteraction(place.server, { ...visit, cookies }), undefined)
    assert.equal(await finishInteraction(place.server, { ...visit, cookies }, { denied: true }), undefined)
  }
  const next = await finishInteraction(place.server, visit, { userId: place.userId, granted: all })
  const path = new URL(next ?? '').pathname
  const stolen = new Map(browser.jar)
  stolen.set('ekso-oauth', 'A'.repeat(22))
  const cookie = [...stolen].map(([name, value]) => `${name}=${value}`).join('; ')
  const refused = await place.call(`GET ${path}`, { headers: { cookie } })
  assert.deepEqual([refused.status, refused.headers.location], [400, undefined])
  const twice = await finishInteraction(place.server, visit, { denied: true })
  assert.equal(twice, next, 'a form that is sent twice decides once')
  const taken = await browser.open(`GET ${path}`)
  assert.ok(new URL(taken.headers.location ?? '').searchParams.get('code'))
  const again = await browser.open(`GET ${path}`)
  assert.equal(again.status, 400, 'it works once')
})

test('an interaction of another workspace is not found, and none lives longer than ten minutes [C3-interaction-browser, C3-tenant-apart]', async () => {
  const { visit } = await waiting()
  assert.equal(await describeInteraction(place.server, { ...visit, tenant: other.tenant }), undefined)
  world.pass(601)
  assert.equal(await describeInteraction(place.server, visit), undefined)
})

test('no session of the library outlives a request: each authorization asks again [C3-session-own]', async () => {
  const browser = openBrowser(place)
  const { url } = await askConsent(config)
  await decideIn(place, browser, url, { userId: place.userId, granted: all })
  assert.deepEqual(
    [...browser.jar.keys()].filter((name) => /unused|session/.test(name)),
    []
  )
  const next = await begin(() => {}, browser)
  assert.match(next.location?.pathname ?? '', /^\/interaction\//)
})

test('cookies are host-only, HttpOnly and SameSite=Lax [C3-cookie-flags]', async () => {
  const { begun } = await waiting()
  const lines = [begun.headers['set-cookie'] ?? []].flat()
  assert.ok(lines.length >= 3, 'the reader saw too few cookies')
  for (const line of lines) {
    assert.match(line, /; httponly/i)
    assert.match(line, /; samesite=lax/i)
    assert.doesNotMatch(line, /domain=/i)
  }
})

test('the resource is one spelling whatever the client writes; the token is for it alone [R8707-resource, C3-audience]', async () => {
  const audience = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).aud
  for (const [resource, meant] of [
    [undefined, '/api'],
    [`${place.issuer}/mcp/`, '/mcp'],
    [`${place.issuer.replace('http://acme', 'HTTP://ACME')}/api`, '/api'],
    [`${place.issuer}/`, '/api'],
    [place.issuer, '/api']
  ] as const) {
    const tokens = await connect(place, config, resource === undefined ? {} : { resource })
    assert.equal(audience(tokens.access_token), `${place.issuer}${meant}`)
    const next = await oauth.refreshTokenGrant(config, tokens.refresh_token ?? '')
    assert.equal(audience(next.access_token), `${place.issuer}${meant}`)
  }
})

test('a user who is gone gets no code and no token [C3-user-gone]', async () => {
  const away = await openPlace(world)
  const client = await registerClient(away)
  const tokens = await connect(away, client)
  await world.db.write({ tenantId: away.tenant.id }, (tx) =>
    tx.updateTable('users').set({ deleted: true }).where('id', '=', away.userId).execute()
  )
  await assert.rejects(oauth.refreshTokenGrant(client, tokens.refresh_token ?? ''), {
    error: 'invalid_grant'
  })
  await assert.rejects(connect(away, client))
})
