import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as oauth from 'openid-client'
import { describeInteraction } from '#server/features/oauth/oauth-interaction.ts'
import type { Outbound } from '#server/kernel/outbound.ts'
import {
  askConsent,
  decideIn,
  fetchIn,
  openBrowser,
  openPlace,
  type Place,
  redeem
} from '../../../testing/oauth.ts'
import { openWorld } from '../../../testing/world.ts'
import { isDocumentUrl } from './client-document.ts'

const documents = new Map<string, string>()
const fetched: string[] = []
const outbound: Outbound = {
  get: async (url) => {
    fetched.push(url)
    const body = documents.get(url)
    if (body === undefined) throw new Error('nobody is there')
    return { status: 200, headers: { 'cache-control': 'max-age=600' }, body }
  }
}
const world = await openWorld({ after }, 'oauth_cimd', { EKSO_CIMD: 'on' }, { outbound })
const place = await openPlace(world, outbound)

const codex = 'https://chatgpt.example/oauth/codex/client.json'
const redirect = 'http://127.0.0.1/callback'

/** Puts a document on the web. */
function publish(url: string, over: Record<string, unknown> = {}): void {
  const document = {
    client_id: url,
    client_name: 'Codex',
    redirect_uris: [redirect],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
    ...over
  }
  documents.set(url, JSON.stringify(document))
}

async function discover(at: Place, clientId: string): Promise<oauth.Configuration> {
  return oauth.discovery(new URL(at.issuer), clientId, undefined, oauth.None(), {
    algorithm: 'oauth2',
    execute: [oauth.allowInsecureRequests],
    [oauth.customFetch]: fetchIn(at)
  })
}

async function begin(clientId: string, redirect_uri = 'http://127.0.0.1:4711/callback') {
  const consent = await askConsent(await discover(place, clientId), { redirect_uri })
  const browser = openBrowser(place)
  const answer = await browser.open(`GET ${consent.url.pathname}${consent.url.search}`)
  return { answer, browser, consent }
}

test('a client named by the address of its document connects without registration [C3-cimd]', async () => {
  publish(codex)
  const config = await discover(place, codex)
  assert.equal(config.serverMetadata().client_id_metadata_document_supported, true)
  const consent = await askConsent(config, { redirect_uri: 'http://127.0.0.1:4711/callback' })
  const back = await decideIn(place, openBrowser(place), consent.url, {
    userId: place.userId,
    granted: ['work:read']
  })
  const tokens = await redeem(config, consent, back)
  assert.equal(tokens.scope, 'work:read')
  const next = await oauth.refreshTokenGrant(config, tokens.refresh_token ?? '')
  assert.notEqual(next.refresh_token, tokens.refresh_token)
})

test('the page shows the host that vouches for the name [C3-cimd-verified]', async () => {
  publish(codex)
  const { answer, browser } = await begin(codex)
  const uid = answer.headers.location?.split('/').at(-1) ?? ''
  const cookies = [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const about = await describeInteraction(place.server, { tenant: place.tenant, uid, cookies })
  assert.deepEqual(
    [about?.clientName, about?.verifiedHost, about?.isLoopback],
    ['Codex', 'chatgpt.example', true]
  )
})

const faulty: [string, Record<string, unknown>][] = [
  ['another client_id', { client_id: 'https://other.example/client' }],
  ['no name', { client_name: undefined }],
  ['no redirect_uris', { redirect_uris: undefined }],
  ['a secret', { client_secret: 'x' }],
  ['shared-secret authentication', { token_endpoint_auth_method: 'client_secret_basic' }],
  ['a redirect that runs a script', { redirect_uris: ['javascript:alert(1)'] }],
  [
    'keys only that would have to be fetched',
    { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://a.example/k' }
  ]
]

for (const [name, over] of faulty)
  test(`a document with ${name} makes no client [C3-cimd-document]`, async () => {
    const url = `https://faulty.example/${encodeURIComponent(name)}`
    publish(url, over)
    const { answer } = await begin(url)
    assert.deepEqual([answer.status, answer.headers.location], [400, undefined], answer.headers.location)
  })

test('a document that offers none beside keys is taken without keys [C3-cimd-document]', async () => {
  const url = 'https://connector.example/client.json'
  publish(url, {
    token_endpoint_auth_method: undefined,
    token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'],
    jwks_uri: 'https://connector.example/keys'
  })
  assert.equal((await begin(url)).answer.status, 303)
})

test('a redirect_uri that the document does not name is refused [C3-cimd-document]', async () => {
  publish(codex)
  assert.equal((await begin(codex, 'https://evil.example/cb')).answer.status, 400)
})

test('a document is fetched once while it is fresh, also a faulty one; one host is not asked without end [C3-cimd-cache]', async () => {
  const url = 'https://cached.example/client.json'
  publish(url)
  const count = (prefix: string) => fetched.filter((one) => one.startsWith(prefix)).length
  await Promise.all([begin(url), begin(url), begin(url)])
  assert.equal(count(url), 1)
  world.pass(601)
  await begin(url)
  assert.equal(count(url), 2)
  for (let at = 0; at < 3; at++) await begin('https://gone.example/client.json')
  assert.equal(count('https://gone.example/'), 1)
  for (let at = 0; at < 30; at++) await begin(`https://flood.example/${at}`)
  assert.equal(count('https://flood.example/'), 20)
})

test('only https addresses with a path, the usual port and no user are looked at [C3-cimd-address]', () => {
  for (const url of [codex, 'https://a.example/b?c=d']) assert.ok(isDocumentUrl(url), url)
  for (const url of [
    'http://a.example/client',
    'https://a.example',
    'https://a.example/',
    'https://a.example:8443/client',
    'https://user@a.example/client',
    'https://a.example/client#x',
    'https://a.example/x/../client',
    'https://A.example/client',
    'https://a.example/ client',
    `https://a.example/${'a'.repeat(600)}`,
    'client_01abc'
  ])
    assert.equal(isDocumentUrl(url), false, url)
})

test('with the setting off such clients are unknown, and nothing is fetched [C5-cimd-off]', async () => {
  const quiet = await openWorld({ after }, 'oauth_cimd_off', {}, { outbound })
  const at = await openPlace(quiet, outbound)
  publish('https://quiet.example/client')
  const config = await discover(at, 'https://quiet.example/client')
  assert.equal('client_id_metadata_document_supported' in config.serverMetadata(), false)
  const { url } = await askConsent(config, { redirect_uri: redirect })
  assert.equal((await openBrowser(at).open(`GET ${url.pathname}${url.search}`)).status, 400)
  assert.equal(
    fetched.some((one) => one.startsWith('https://quiet.example')),
    false
  )
})

test('with auto they are taken while this server reaches the internet [C5-cimd-auto]', async () => {
  let isReached = false
  const probed: Outbound = {
    get: async () => {
      if (!isReached) throw new Error('no way out')
      return { status: 200, headers: {}, body: '{}' }
    }
  }
  const auto = await openWorld({ after }, 'oauth_cimd_auto', { EKSO_CIMD: 'auto' }, { outbound: probed })
  const isPromised = async () => {
    await auto.call('GET /.well-known/oauth-authorization-server')
    await new Promise((resolve) => setImmediate(resolve))
    const { body } = await auto.call('GET /.well-known/oauth-authorization-server')
    return 'client_id_metadata_document_supported' in body
  }
  assert.equal(await isPromised(), false)
  isReached = true
  auto.pass(61)
  assert.equal(await isPromised(), true)
})
