import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { connect, openBrowser, openPlace, registerClient } from '../../../testing/oauth.ts'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'oauth_registration')
const place = await openPlace(world)
const other = await openPlace(world)

function register(body: unknown, from = world.stranger(), at = place) {
  return at.call('POST /register', { body, from })
}

const base = {
  client_name: 'An agent',
  redirect_uris: ['http://127.0.0.1:4000/callback'],
  token_endpoint_auth_method: 'none'
}
const code = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] }

// As the programs send them, or as their trackers and logs report it.
const realBodies: [string, Record<string, unknown>][] = [
  [
    'Codex CLI',
    {
      client_name: 'Codex',
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1:51234/callback'],
      token_endpoint_auth_method: 'none',
      ...code
    }
  ],
  [
    'mcp-remote',
    {
      client_name: 'MCP CLI Proxy',
      application_type: 'native',
      client_uri: 'https://github.com/modelcontextprotocol/mcp-cli',
      redirect_uris: ['http://localhost:14533/oauth/callback'],
      token_endpoint_auth_method: 'none',
      software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
      software_version: '0.15.1',
      ...code
    }
  ],
  [
    'MCP Inspector',
    {
      client_name: 'MCP Inspector',
      application_type: 'native',
      client_uri: 'https://github.com/modelcontextprotocol/inspector',
      redirect_uris: ['http://127.0.0.1:6276/oauth/callback'],
      token_endpoint_auth_method: 'none',
      scope: '',
      ...code
    }
  ],
  [
    'Claude Code',
    {
      client_name: 'Claude Code (ekso)',
      redirect_uris: ['http://localhost:52917/callback'],
      token_endpoint_auth_method: 'none',
      ...code
    }
  ],
  [
    'claude.ai',
    {
      client_name: 'Claude',
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback', 'https://claude.com/api/mcp/auth_callback'],
      token_endpoint_auth_method: 'client_secret_post',
      scope: ' work:read claudeai',
      ...code
    }
  ],
  [
    'Cursor as web',
    {
      client_name: 'Cursor',
      application_type: 'web',
      redirect_uris: [
        'cursor://anysphere.cursor-mcp/oauth/callback',
        'https://www.cursor.com/agents/mcp/oauth/callback',
        'http://localhost:8787/callback'
      ],
      token_endpoint_auth_method: 'none',
      ...code
    }
  ],
  [
    'Cursor without type',
    {
      client_name: 'Cursor',
      redirect_uris: [
        'cursor://anysphere.cursor-mcp/oauth/callback',
        'https://www.cursor.com/agents/mcp/oauth/callback',
        'http://localhost:8787/callback'
      ],
      token_endpoint_auth_method: 'none',
      ...code
    }
  ],
  [
    'VS Code',
    {
      client_name: 'Visual Studio Code',
      client_uri: 'https://code.visualstudio.com',
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code'],
      redirect_uris: ['https://vscode.dev/redirect', 'http://127.0.0.1/', 'http://127.0.0.1:33418/'],
      token_endpoint_auth_method: 'none',
      application_type: 'native'
    }
  ],
  [
    'ChatGPT',
    {
      client_name: 'ChatGPT',
      redirect_uris: ['https://chatgpt.com/connector/oauth/abc123'],
      token_endpoint_auth_method: 'client_secret_basic',
      ...code
    }
  ],
  [
    'an openid-client of a web app',
    {
      client_name: 'Web app',
      application_type: 'web',
      redirect_uris: ['https://app.example/cb'],
      id_token_signed_response_alg: 'RS256',
      default_max_age: 60,
      contacts: ['ops@app.example']
    }
  ]
]

for (const [name, body] of realBodies)
  test(`the registration of ${name} is accepted, and its redirects work [C3-real-clients]`, async () => {
    const answer = await register(body)
    assert.equal(answer.status, 201, answer.text)
    assert.equal(answer.body.client_name, body.client_name)
    assert.deepEqual(answer.body.redirect_uris, body.redirect_uris)
    assert.equal(
      answer.body.token_endpoint_auth_method,
      body.token_endpoint_auth_method ?? 'client_secret_basic'
    )
    for (const redirect_uri of body.redirect_uris as string[]) {
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: answer.body.client_id,
        redirect_uri,
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256'
      })
      const begun = await openBrowser(place).open(`GET /authorize?${query}`)
      assert.match(begun.headers.location ?? '', /^\/interaction\//, begun.text)
    }
  })

test('a registration answers its values, and a management address and token [R7591-answer, R7591-unknown, R7591-client-id, R7592-management, R6749-secret-strength]', async () => {
  const answer = await register({
    ...base,
    token_endpoint_auth_method: 'client_secret_basic',
    scope: 'work:read unknown',
    client_id: 'client_chosen',
    client_secret: 'chosen',
    something: { else: true }
  })
  assert.equal(answer.status, 201)
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.equal(answer.headers['access-control-allow-origin'], '*')
  const { client_id, client_secret, client_secret_expires_at, client_id_issued_at } = answer.body
  assert.match(client_id, /^client_[0-9a-z]{26}$/)
  assert.equal('something' in answer.body, false)
  assert.ok(client_secret.length >= 43)
  assert.equal(client_secret_expires_at, 0)
  assert.equal(typeof client_id_issued_at, 'number')
  assert.equal(answer.body.registration_client_uri, `${place.issuer}/register/${client_id}`)
  assert.ok(answer.body.registration_access_token)
  assert.equal('scope' in answer.body, false, 'a registered scope would forbid asking for more later')
})

const refused: [string, Record<string, unknown>, string][] = [
  ['keys that would be fetched', { jwks_uri: 'https://a.example/jwks' }, 'invalid_client_metadata'],
  [
    'a sector identifier that would be fetched',
    { sector_identifier_uri: 'https://a.example/s' },
    'invalid_client_metadata'
  ],
  ['http to a public host', { redirect_uris: ['http://a.example/cb'] }, 'invalid_redirect_uri'],
  [
    'http to a public host of a web client',
    { redirect_uris: ['http://a.example/cb'], application_type: 'web' },
    'invalid_redirect_uri'
  ],
  ['javascript', { redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
  ['data', { redirect_uris: ['data:text/html,x'] }, 'invalid_redirect_uri'],
  ['a fragment', { redirect_uris: ['https://a.example/cb#'] }, 'invalid_redirect_uri'],
  ['a user in the address', { redirect_uris: ['https://user@a.example/cb'] }, 'invalid_redirect_uri'],
  ['a relative address', { redirect_uris: ['/cb'] }, 'invalid_redirect_uri'],
  ['no address', { redirect_uris: [] }, 'invalid_redirect_uri'],
  [
    'eleven addresses',
    { redirect_uris: Array.from({ length: 11 }, (_, at) => `https://a.example/${at}`) },
    'invalid_redirect_uri'
  ],
  ['an endless address', { redirect_uris: [`https://a.example/${'a'.repeat(500)}`] }, 'invalid_redirect_uri'],
  ['a long name', { client_name: 'n'.repeat(101) }, 'invalid_client_metadata'],
  ['a name that hides something', { client_name: 'Claude\u202Eedoc' }, 'invalid_client_metadata'],
  ['a name that is no text', { client_name: { evil: true } }, 'invalid_client_metadata'],
  ['a logo that is a script', { logo_uri: 'javascript:alert(1)' }, 'invalid_client_metadata'],
  ['other grants only', { grant_types: ['client_credentials'] }, 'invalid_client_metadata'],
  ['other answers only', { response_types: ['token'] }, 'invalid_client_metadata'],
  ['an unknown way of proving itself', { token_endpoint_auth_method: 'magic' }, 'invalid_client_metadata'],
  ['keys that are none', { jwks: 'none' }, 'invalid_client_metadata'],
  [
    'private keys',
    { jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'a', y: 'b', d: 'c' }] } },
    'invalid_client_metadata'
  ]
]

for (const [name, change, error] of refused)
  test(`a registration with ${name} is refused [R7591-refusal]`, async () => {
    const answer = await register({ ...base, ...change })
    assert.deepEqual([answer.status, answer.body?.error], [400, error], answer.text)
    assert.equal(typeof answer.body.error_description, 'string')
  })

test('an app with a scheme that could start anything is registered, and no browser is sent there [R9700-redirect-scheme]', async () => {
  const uris = [
    'ms-msdt:/id',
    'search-ms:query',
    'intent://x',
    'tel:+1',
    'com.example.app:/cb',
    'vscode://x/cb'
  ]
  const { status, body } = await register({ ...base, redirect_uris: uris })
  assert.equal(status, 201)
  const ways = uris.map(async (redirect_uri) => {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: body.client_id,
      redirect_uri,
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256'
    })
    return (await openBrowser(place).open(`GET /authorize?${query}`)).status
  })
  assert.deepEqual(await Promise.all(ways), [400, 400, 400, 400, 303, 303])
})

test('what is no JSON object, too large, or of another type is refused in the shape of RFC 7591 [C3-error-shape]', async () => {
  for (const body of ['[]', '"text"', '{', 'null', ''])
    assert.equal(
      (await place.call('POST /register', { body, headers: { 'content-type': 'application/json' } })).body
        ?.error,
      'invalid_request'
    )
  const large = await register({ ...base, software_version: 'x'.repeat(17_000) })
  assert.deepEqual([large.status, large.body.error], [413, 'invalid_request'])
  const form = await place.call('POST /register', { form: { client_name: 'x' } })
  assert.deepEqual([form.status, form.body.error], [400, 'invalid_request'])
  const nul = await register({ ...base, client_name: 'a\0b' })
  assert.deepEqual([nul.status, nul.body.error], [400, 'invalid_request'])
})

test('a client manages itself with its token, which changes at each update; nobody else can [R7592-management, R7592-token]', async () => {
  const made = (await register({ ...base, token_endpoint_auth_method: 'client_secret_basic' })).body
  const stranger = (await register(base)).body
  const path = `/register/${made.client_id}`
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
  const read = await place.call(`GET ${path}`, bearer(made.registration_access_token))
  assert.deepEqual([read.status, read.body.client_secret], [200, made.client_secret])
  for (const wrong of [
    bearer('wrong'),
    {},
    bearer((await register(base, world.stranger(), other)).body.registration_access_token)
  ])
    assert.ok([400, 401].includes((await place.call(`GET ${path}`, wrong)).status))
  assert.equal(
    (await place.call(`GET /register/${stranger.client_id}`, bearer(read.body.registration_access_token)))
      .status,
    401
  )
  const again = (await register({ ...base, token_endpoint_auth_method: 'client_secret_basic' })).body
  const change = {
    ...base,
    token_endpoint_auth_method: 'client_secret_basic',
    client_id: again.client_id,
    client_name: 'Renamed'
  }
  const home = `/register/${again.client_id}`
  const updated = await place.call(`PUT ${home}`, {
    body: change,
    ...bearer(again.registration_access_token)
  })
  assert.deepEqual([updated.status, updated.body?.client_name], [200, 'Renamed'], updated.text)
  assert.equal(
    (await place.call(`GET ${home}`, bearer(again.registration_access_token))).status,
    401,
    'the old token'
  )
  const evil = { ...change, redirect_uris: ['javascript:alert(1)'] }
  const token = updated.body.registration_access_token
  assert.equal(
    (await place.call(`PUT ${home}`, { body: evil, ...bearer(token) })).body.error,
    'invalid_redirect_uri'
  )
  assert.equal((await place.call(`DELETE ${home}`, bearer(token))).status, 204)
  assert.equal((await place.call(`GET ${home}`, bearer(token))).status, 401)
})

test('a client that is deleted takes its tokens along [R7592-delete]', async () => {
  const config = await registerClient(place)
  const metadata = config.clientMetadata() as unknown as {
    client_id: string
    registration_access_token: string
  }
  const tokens = await connect(place, config)
  const headers = { authorization: `Bearer ${metadata.registration_access_token}` }
  assert.equal((await place.call(`DELETE /register/${metadata.client_id}`, { headers })).status, 204)
  const form = {
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token ?? '',
    client_id: metadata.client_id
  }
  assert.deepEqual((await place.call('POST /token', { form })).body.error, 'invalid_client')
  const grants = await world.db.read({ tenantId: place.tenant.id }, (tables) =>
    tables.selectFrom('oauth_grants').select('id').where('client_id', '=', metadata.client_id)
  )
  assert.deepEqual(grants, [])
})

test('secrets and registration tokens are not readable in the database [C3-at-rest]', async () => {
  const made = (await register({ ...base, token_endpoint_auth_method: 'client_secret_basic' })).body
  const rows = await world.db.write({ tenantId: place.tenant.id }, async (tx) => [
    ...(await tx.selectFrom('oauth_clients').selectAll().execute()),
    ...(await tx.selectFrom('oauth_artifacts').selectAll().execute())
  ])
  const text = rows
    .map((row) =>
      Object.values(row)
        .map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value)))
        .join(' ')
    )
    .join(' ')
  assert.ok(text.includes(made.client_id), 'the reader saw nothing')
  assert.equal(text.includes(made.client_secret), false)
  assert.equal(text.includes(made.registration_access_token), false)
})
