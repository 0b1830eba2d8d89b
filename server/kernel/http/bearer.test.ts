import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addPerson, makeKey, openWorkspace } from '../../../testing/people.ts'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'bearer')
const one = await openWorkspace(world)
const other = await openWorkspace(world)

const metadata = `resource_metadata="http://${one.host}/.well-known/oauth-protected-resource/api"`
const baseline = 'scope="work:read work:write"'

function ask(headers: Record<string, string>, what = 'GET /api/user/me', host = one.host) {
  return world.call(what, { host, headers })
}

test('without a token the challenge says where one comes from, and of no error [C3-challenge-missing]', async () => {
  const answer = await ask({})
  assert.equal(answer.status, 401)
  assert.equal(answer.body.kind, 'Authentication')
  assert.equal(answer.body.code, 'AUTHENTICATION_REQUIRED')
  assert.equal(answer.headers['www-authenticate'], `Bearer ${metadata}, ${baseline}`)
  const basic = await ask({ authorization: 'Basic amFuZTpwYXNz' })
  assert.equal(basic.headers['www-authenticate'], `Bearer ${metadata}, ${baseline}`)
})

test('a token that is not good here is invalid_token, whatever is wrong with it [C3-challenge-invalid]', async () => {
  for (const token of [
    '',
    'nonsense',
    'ek_live_nobody',
    'a b',
    '"quoted"',
    'eyJh.eyJz.c2ln',
    'x'.repeat(8000)
  ]) {
    const answer = await ask({ authorization: `Bearer ${token}` })
    assert.equal(answer.status, 401, token.slice(0, 40))
    assert.equal(
      answer.headers['www-authenticate'],
      `Bearer error="invalid_token", ${metadata}, ${baseline}`,
      token.slice(0, 40)
    )
  }
})

test('the name of the scheme is read in any case', async () => {
  assert.equal((await ask({ authorization: `bEaReR ${one.owner.key}` })).status, 200)
})

test('no cookie, query or body stands in for the header [C3-bearer-only]', async () => {
  const { key } = one.owner
  assert.equal((await ask({ cookie: `ekso=${key}; access_token=${key}` })).status, 401)
  assert.equal((await ask({}, `GET /api/user/me?access_token=${key}`)).status, 401)
  const inBody = await world.call('PUT /api/user', { host: one.host, body: { access_token: key } })
  assert.equal(inBody.status, 401)
})

test('the token of another workspace is unknown here [C1-key-other-host]', async () => {
  const answer = await ask({ authorization: `Bearer ${other.owner.key}` })
  assert.equal(answer.status, 401)
  assert.match(answer.headers['www-authenticate'] ?? '', /error="invalid_token"/)
})

test('the challenge names the stored address, whatever the request says', async () => {
  const answer = await ask({ 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' })
  assert.ok(answer.headers['www-authenticate']?.includes(metadata))
})

test('a scope that is missing is 403 with all that are needed [C3-challenge-scope] [S1-error-403]', async () => {
  const key = await makeKey(world, one.owner, ['work:read'])
  const answer = await ask({ authorization: `Bearer ${key}` }, 'GET /api/admin/api-key')
  assert.equal(answer.status, 403)
  assert.equal(answer.body.kind, 'Permission')
  assert.equal(answer.body.code, 'SCOPE_TOO_NARROW')
  assert.equal(
    answer.headers['www-authenticate'],
    `Bearer error="insufficient_scope", scope="work:read admin", ${metadata}`
  )
})

test('write implies read, and nothing else implies anything [C3-scope-hierarchy]', async () => {
  const writing = { authorization: `Bearer ${await makeKey(world, one.owner, ['work:write'])}` }
  assert.equal((await ask(writing, 'GET /api/user')).status, 200)
  for (const scope of ['time:write', 'money:read', 'admin'] as const) {
    const headers = { authorization: `Bearer ${await makeKey(world, one.owner, [scope])}` }
    assert.equal((await ask(headers, 'GET /api/user')).status, 403, scope)
    assert.equal((await ask(headers)).status, 200, `${scope} may know who it is`)
  }
})

test('who calls is asked before what is sent: no body is judged without a token', async () => {
  const answer = await world.call('POST /api/user', { host: one.host, body: { nonsense: true } })
  assert.equal(answer.status, 401)
  const person = await addPerson(world, one)
  assert.equal((await person.call('POST /api/user', { body: { nonsense: true } })).status, 403)
})

test('every route below /api that needs a token says so in the API description [C3-openapi-security]', async () => {
  const { body } = await world.call('GET /openapi.json')
  assert.equal(body.components.securitySchemes.bearer.scheme, 'bearer')
  assert.deepEqual(body.paths['/api/user'].post.security, [{ bearer: ['admin'] }])
  assert.deepEqual(body.paths['/api/user'].get.security, [{ bearer: ['work:read'] }])
  assert.equal(body.paths['/api/bo/on/agent/code'].post.security, undefined)
})

test('a repeated write of one client gets the first answer; authorisation comes first [C1-key-replay] [C1-key-client]', async () => {
  const headers = { 'idempotency-key': 'group-1' }
  const make = (name: string, more = {}) =>
    one.owner.call('POST /api/security/user-group', { body: { name }, headers: { ...headers, ...more } })
  const first = await make('Once')
  assert.equal(first.status, 200)
  const again = await make('Once')
  assert.equal(again.headers['idempotent-replayed'], 'true')
  assert.deepEqual(again.body, first.body)
  assert.equal(again.headers.etag, first.headers.etag)
  const reused = await make('Twice')
  assert.equal(reused.status, 422)
  assert.equal(reused.body.code, 'IDEMPOTENCY_KEY_REUSED')
  // Another client of the same user, another user and another workspace have keys of their own.
  const key = await makeKey(world, one.owner, ['admin'])
  const elsewhere = await make('Of another client', { authorization: `Bearer ${key}` })
  assert.equal(elsewhere.status, 200)
  const foreign = await other.owner.call('POST /api/security/user-group', { body: { name: 'Once' }, headers })
  assert.equal(foreign.status, 200)
  assert.equal(foreign.headers['idempotent-replayed'], undefined)
  const stranger = await make('Once', { authorization: 'Bearer ek_live_nobody' })
  assert.equal(stranger.status, 401)
})

test('what was refused for a missing right is tried anew with the same key [C1-key-not-kept]', async () => {
  const person = await addPerson(world, one)
  const call = () =>
    person.call(`PUT /api/user/${person.userId}`, {
      body: { jobRole: 'Engineer' },
      headers: { 'idempotency-key': 'role-1' }
    })
  assert.equal((await call()).status, 403)
  assert.equal((await call()).headers['idempotent-replayed'], undefined)
})
