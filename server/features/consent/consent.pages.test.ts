import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  type OwnedWorkspace,
  openOwned,
  ownerPassword,
  signedInTab,
  signInOn,
  type Tab
} from '../../../testing/owner.ts'
import { type Answer, openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'consent')
const loopback = 'http://127.0.0.1/callback'
const remote = 'https://tools.example/callback'
const app = 'cursor://anysphere.cursor/callback'
// RFC 7636 appendix B.
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

async function register(owned: OwnedWorkspace, name = 'Test agent'): Promise<string> {
  const body = {
    client_name: name,
    redirect_uris: [loopback, remote, app],
    token_endpoint_auth_method: 'none'
  }
  const answer = await world.call('POST /register', { host: owned.host, body })
  assert.equal(answer.status, 201, answer.text)
  return answer.body.client_id
}

type Wish = { redirect?: string; scope?: string; more?: string }

/** Begins an authorization; answers the path of its page. */
async function begin(tab: Tab, clientId: string, wish: Wish = {}): Promise<string> {
  const params = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: wish.redirect ?? loopback.replace('127.0.0.1', '127.0.0.1:43117'),
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'the-state',
    scope: wish.scope ?? 'work:read work:write'
  })
  const { headers } = await tab.open(`GET /authorize?${params}${wish.more ?? ''}`)
  assert.match(headers.location ?? '', /\/interaction\//)
  return new URL(headers.location ?? '', 'http://x').pathname
}

function decide(tab: Tab, path: string, fields: [string, string][]): Promise<Answer> {
  return tab.open(`POST ${path}`, { form: fields })
}

/** Follows the redirects of our own host to the client's. */
async function arrive(tab: Tab, answer: Answer): Promise<URL> {
  assert.equal(answer.status, 303, answer.text)
  const next = new URL(answer.headers.location ?? '', `http://${tab.host}`)
  if (next.host !== tab.host) return next
  return arrive(tab, await tab.open(`GET ${next.pathname}${next.search}`))
}

const allow = (owned: OwnedWorkspace, ...scopes: string[]): [string, string][] => [
  ['user', owned.userId],
  ['decision', 'allow'],
  ...scopes.map((scope): [string, string] => ['scope', scope])
]

async function grantsOf(owned: OwnedWorkspace): Promise<string[]> {
  const rows = await world.db.read(owned, (tables) =>
    tables.selectFrom('oauth_grants').select('scope').where('tenant_id', '=', owned.tenantId).orderBy('id')
  )
  return rows.map((row) => row.scope)
}

test('who is not signed in signs in first, in a page that ends the chain of the form [C3-sign-in-return]', async () => {
  const owned = await openOwned(world)
  const tab = owned.newTab()
  const path = await begin(tab, await register(owned))
  const asked = await tab.open(`GET ${path}`)
  assert.equal(asked.headers.location, `/sign-in?return=${encodeURIComponent(path)}`)
  const entered = await signInOn(tab, owned.wish.email, ownerPassword, { return: path })
  assert.equal(entered.status, 200)
  assert.ok(entered.text.includes(`<meta http-equiv="refresh" content="0; url=${path}">`))
  assert.equal((await tab.open(`GET ${path}`)).status, 200)
})

test('the page names the client, unverified, the redirect host, the workspace and the user [C3-consent-shows]', async () => {
  const owned = await openOwned(world, { company: 'Acme & Sons' })
  const tab = await signedInTab(owned)
  const path = await begin(tab, await register(owned, 'Agent <b>'), { redirect: remote })
  const { text, headers } = await tab.open(`GET ${path}`)
  for (const part of [
    'Agent &#60;b&#62;',
    'Name not verified.',
    'tools.example',
    'Acme &#38; Sons',
    owned.wish.email
  ])
    assert.ok(text.includes(part), part)
  assert.doesNotMatch(text, /class="notice caution"/)
  assert.match(headers['content-security-policy'] ?? '', /form-action 'self' https:\/\/tools\.example;/)
  assert.match(headers['content-security-policy'] ?? '', /frame-ancestors 'none'/)
})

for (const [redirect, warning, source] of [
  ['http://127.0.0.1:43117/callback', 'a program on the computer', 'http://127.0.0.1:43117'],
  [app, 'the app on your device', 'cursor:']
] as const)
  test(`${redirect} is warned of, asked for each time, and not stopped by the policy [C3-consent-loopback, C3-consent-form-action]`, async () => {
    const owned = await openOwned(world)
    const tab = await signedInTab(owned)
    const clientId = await register(owned)
    for (let round = 0; round < 2; round++) {
      const path = await begin(tab, clientId, { redirect })
      const { status, text, headers } = await tab.open(`GET ${path}`)
      assert.equal(status, 200)
      assert.ok(text.includes(warning))
      assert.ok(headers['content-security-policy']?.includes(`form-action 'self' ${source};`))
      const back = await arrive(tab, await decide(tab, path, allow(owned, 'work:read', 'work:write')))
      assert.ok(back.href.startsWith(redirect), back.href)
      assert.ok(back.searchParams.get('code'))
      assert.equal(back.searchParams.get('state'), 'the-state')
    }
  })

test('what is unticked is not given; admin and money:read start unticked [C3-consent-boxes]', async () => {
  const owned = await openOwned(world)
  const tab = await signedInTab(owned)
  const scope = 'work:read work:write time:write money:read admin'
  const path = await begin(tab, await register(owned), { scope })
  const { text } = await tab.open(`GET ${path}`)
  const boxes = [...text.matchAll(/name="scope" value="([^"]+)"( checked)?( disabled)?/g)]
  assert.deepEqual(
    boxes.map(([, name, checked]) => [name, checked !== undefined]),
    [
      ['work:read', true],
      ['work:write', true],
      ['time:write', true],
      ['money:read', false],
      ['admin', false]
    ]
  )
  await arrive(tab, await decide(tab, path, allow(owned, 'work:read', 'money:read', 'not:asked')))
  assert.deepEqual(await grantsOf(owned), ['work:read money:read'])
})

test('nothing ticked, no button and another user change nothing', async () => {
  const owned = await openOwned(world)
  const tab = await signedInTab(owned)
  const path = await begin(tab, await register(owned))
  for (const fields of [
    allow(owned),
    [
      ['user', owned.userId],
      ['scope', 'work:read']
    ],
    [
      ['user', 'user_other'],
      ['decision', 'allow'],
      ['scope', 'work:read']
    ]
  ] as [string, string][][]) {
    const { status, text } = await decide(tab, path, fields)
    assert.equal(status, 422)
    assert.match(text, /role="alert"/)
  }
  assert.deepEqual(await grantsOf(owned), [])
})

test('admin takes a password entered in the last 10 minutes [C3-consent-admin]', async () => {
  const owned = await openOwned(world)
  const tab = await signedInTab(owned)
  const clientId = await register(owned)
  world.pass(601)
  const path = await begin(tab, clientId, { scope: 'work:read admin' })
  assert.match((await tab.open(`GET ${path}`)).text, /value="admin" disabled/)
  assert.equal((await decide(tab, path, allow(owned, 'work:read', 'admin'))).status, 422)
  assert.match((await tab.open(`GET /sign-in?again=1&return=${path}`)).text, /Enter your password again/)
  await signInOn(tab, owned.wish.email, ownerPassword, { return: path })
  assert.match((await tab.open(`GET ${path}`)).text, /value="admin">/)
  await arrive(tab, await decide(tab, path, allow(owned, 'work:read', 'admin')))
  assert.deepEqual(await grantsOf(owned), ['work:read admin'])
})

test('admin takes a super admin [C3-consent-admin]', async () => {
  const owned = await openOwned(world)
  await world.db.write(owned, (tx) =>
    tx.updateTable('users').set({ is_super_admin: false }).where('tenant_id', '=', owned.tenantId).execute()
  )
  const tab = await signedInTab(owned)
  const path = await begin(tab, await register(owned), { scope: 'work:read admin' })
  assert.match((await tab.open(`GET ${path}`)).text, /Only a super admin can allow this/)
  assert.equal((await decide(tab, path, allow(owned, 'work:read', 'admin'))).status, 422)
  assert.deepEqual(await grantsOf(owned), [])
})

test('what was allowed at an https host is not asked again, anything else is [C3-consent-remembered]', async () => {
  const owned = await openOwned(world)
  const tab = await signedInTab(owned)
  const clientId = await register(owned)
  const wish = { redirect: remote, scope: 'work:read work:write' }
  const first = await begin(tab, clientId, wish)
  await arrive(tab, await decide(tab, first, allow(owned, 'work:read')))
  const asks = async (over: Wish, client = clientId) =>
    (await tab.open(`GET ${await begin(tab, client, { ...wish, ...over })}`)).status === 200
  assert.equal(await asks({}), true, 'a scope that was unticked')
  assert.equal(await asks({ scope: 'work:read' }), false)
  assert.equal(await asks({ scope: 'work:read', more: '&prompt=consent' }), true)
  assert.equal(await asks({ scope: 'work:read', redirect: app }), true)
  assert.equal(await asks({ scope: 'work:read' }, await register(owned)), true)
  const mcp = `&resource=${encodeURIComponent(`http://${owned.host}/mcp`)}`
  assert.equal(await asks({ scope: 'work:read', more: mcp }), true)
  const path = await begin(tab, clientId, { ...wish, scope: 'work:read' })
  const back = await arrive(tab, await tab.open(`GET ${path}`))
  assert.ok(back.searchParams.get('code'))
})

test('prompt=login takes the password again [C3-consent-admin]', async () => {
  const owned = await openOwned(world)
  const tab = await signedInTab(owned)
  world.pass(5)
  const path = await begin(tab, await register(owned), { more: '&prompt=login' })
  const asked = await tab.open(`GET ${path}`)
  assert.equal(asked.headers.location, `/sign-in?again=1&return=${encodeURIComponent(path)}`)
  assert.equal((await decide(tab, path, allow(owned, 'work:read'))).headers.location, asked.headers.location)
  world.pass(5)
  await signInOn(tab, owned.wish.email, ownerPassword, { return: path })
  assert.equal((await tab.open(`GET ${path}`)).status, 200)
})

test('a denial goes to the client and gives nothing', async () => {
  const owned = await openOwned(world)
  const tab = await signedInTab(owned)
  const path = await begin(tab, await register(owned))
  const back = await arrive(
    tab,
    await decide(tab, path, [
      ['user', owned.userId],
      ['decision', 'deny']
    ])
  )
  assert.equal(back.searchParams.get('error'), 'access_denied')
  assert.deepEqual(await grantsOf(owned), [])
})

test('only the browser that began sees the question or answers it, once [C3-consent-browser]', async () => {
  const owned = await openOwned(world)
  const [tab, other] = [await signedInTab(owned), await signedInTab(owned)]
  const path = await begin(tab, await register(owned))
  assert.equal((await other.open(`GET ${path}`)).status, 410)
  assert.equal((await decide(other, path, allow(owned, 'work:read'))).status, 410)
  assert.deepEqual(await grantsOf(owned), [])
  await arrive(tab, await decide(tab, path, allow(owned, 'work:read')))
  assert.equal((await decide(tab, path, allow(owned, 'work:read'))).status, 410)
  assert.equal((await grantsOf(owned)).length, 1)
})
