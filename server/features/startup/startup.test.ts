import assert from 'node:assert/strict'
import { argon2Sync } from 'node:crypto'
import { after, beforeEach, test } from 'node:test'
import { claim, claimState, soundClaim, unclaim, unclaimed } from '../../../testing/claims.ts'
import { newWish, openWorkspaceFor } from '../../../testing/signups.ts'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'startup')
beforeEach(() => unclaim(world))

const token = 'a setup token that nobody guesses'
const tokenWorld = await world.twin({ EKSO_SETUP_TOKEN: token })

test('the URL check answers OK and the URL as it would be stored [C4-url-ok]', async () => {
  const { status, body } = await world.call('POST /api/startup/url', {
    body: { publicUrl: ' HTTPS://Ekso.Acme.Example:443/ ' }
  })
  assert.equal(status, 200)
  assert.deepEqual(body, { message: 'OK', url: 'https://ekso.acme.example' })
})

const wrongUrls: [publicUrl: unknown, error: string][] = [
  ['acme', 'publicUrl is not a URL'],
  ['ftp://acme.example', 'publicUrl must have the scheme http or https'],
  ['https://', 'publicUrl has no host'],
  ['http://acme.example', 'publicUrl must be https unless it is localhost'],
  ['https://acme.example/ekso', 'publicUrl must be an origin alone, without path, query or user'],
  [undefined, 'publicUrl is required'],
  [5, 'publicUrl is not a URL'],
  [null, 'publicUrl is not a URL'],
  [`https://${'a'.repeat(300)}`, 'publicUrl is not a URL']
]

for (const [publicUrl, error] of wrongUrls) {
  test(`the URL check answers "${error}" to ${JSON.stringify(publicUrl)?.slice(0, 40)} [C4-url-error]`, async () => {
    const { status, body } = await world.call('POST /api/startup/url', { body: { publicUrl } })
    assert.equal(status, 400)
    assert.equal(body.error, error)
    assert.deepEqual(
      [body.kind, body.code, body.fields[0].field],
      ['Validation', 'VALIDATION_FAILED', 'publicUrl']
    )
  })
}

test('the URL check answers a broken body in the same form [C4-url-error]', async () => {
  for (const body of ['{', '[]', '{"publicUrl":"https://a\\u0000b"}']) {
    const headers = { 'content-type': 'application/json' }
    const answer = await world.call('POST /api/startup/url', { body, headers })
    assert.equal(answer.status, 400)
    assert.equal(answer.body.error, answer.body.message)
    assert.equal(answer.body.code, 'MALFORMED_BODY')
  }
})

test('the URL check takes the form of an address that nobody answers at, at once [C4-url-form]', async () => {
  const { status } = await world.call('POST /api/startup/url', {
    body: { publicUrl: 'https://nobody-is-here.invalid' }
  })
  assert.equal(status, 200)
  assert.deepEqual(await claimState(world), unclaimed)
})

test('a claim makes its caller owner of the home workspace [C4-claim, C4-claim-owner, C4-token-free, C3-password-argon2id]', async () => {
  const { status, body } = await claim(world, { name: ' Jane Smith ', organization: ' Acme Corp ' })
  assert.equal(status, 200)
  assert.match(body.tenantId, /^[0-9a-f]{12}$/)
  assert.deepEqual(
    { ...body, tenantId: '' },
    {
      tenantId: '',
      publicUrl: 'http://localhost:6050',
      loginUrl: 'http://localhost:6050',
      message:
        'Workspace created successfully. Sign in at http://localhost:6050 with your e-mail address and password.'
    }
  )
  const { owners, ...rest } = await claimState(world)
  assert.deepEqual(rest, { name: 'Acme Corp', claimed: true, publicUrl: null })
  const [owner] = owners
  assert.deepEqual(
    [owners.length, owner?.name, owner?.email, owner?.isSuperAdmin],
    [1, 'Jane Smith', 'jane@acme.example', true]
  )
  const [, kind, , , salt = '', tag] = owner?.passwordHash?.split('$') ?? []
  const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 }
  const nonce = Buffer.from(salt, 'base64')
  const found = argon2Sync('argon2id', { ...cost, message: soundClaim.password, nonce })
  assert.deepEqual([kind, tag], ['argon2id', found.toString('base64').replace(/=+$/, '')])
})

test('every faulty field of a claim is named at once, and nothing is done [C4-claim-fields, C4-claim-whole]', async () => {
  const { status, body } = await claim(world, {
    name: ' ',
    email: 'jane',
    password: 'short',
    organization: 'a\u202eb',
    publicUrl: 'acme'
  })
  assert.equal(status, 400)
  assert.deepEqual(body.fields, [
    { field: 'name', code: 'required' },
    { field: 'email', code: 'invalid' },
    { field: 'password', code: 'too_short' },
    { field: 'organization', code: 'invalid' },
    { field: 'publicUrl', code: 'invalid' }
  ])
  assert.ok(body.errors.some(({ message }: { message: string }) => message === 'Use at least one digit.'))
  assert.deepEqual(await claimState(world), unclaimed)
})

const faulty: [over: object, field: string, code: string][] = [
  [{ name: undefined }, 'name', 'required'],
  [{ name: 'x'.repeat(121) }, 'name', 'too_long'],
  [{ name: 'a\nb' }, 'name', 'invalid'],
  [{ email: '' }, 'email', 'required'],
  [{ email: 5 }, 'email', 'invalid'],
  [{ password: '' }, 'password', 'required'],
  [{ password: 'Aa1'.repeat(20) }, 'password', 'too_long'],
  [{ password: 'quiet-harbour' }, 'password', 'invalid'],
  [{ password: 'Password1' }, 'password', 'invalid'],
  [{ password: 'Smith-2026' }, 'password', 'invalid'],
  [{ organization: null }, 'organization', 'invalid'],
  [{ organization: 'x'.repeat(121) }, 'organization', 'too_long'],
  [{ publicUrl: 'http://acme.example' }, 'publicUrl', 'invalid'],
  [{ licence: 'x' }, 'licence', 'unknown']
]

for (const [over, field, code] of faulty) {
  test(`a claim with ${JSON.stringify(over).slice(0, 40)} is refused at ${field} as ${code} [C4-claim-fields]`, async () => {
    const { status, body } = await claim(world, over)
    assert.equal(status, 400)
    assert.deepEqual(body.fields, [{ field, code }])
    assert.deepEqual(await claimState(world), unclaimed)
  })
}

test('a claim with NUL in it is malformed and changes nothing [C1-text-clean]', async () => {
  const { status, body } = await claim(world, { name: 'Jane\u0000' })
  assert.deepEqual([status, body.code], [400, 'MALFORMED_BODY'])
  assert.deepEqual(await claimState(world), unclaimed)
})

test('after the claim the page and both calls are 410, whatever is sent [C4-gone]', async () => {
  assert.equal((await claim(world)).status, 200)
  const before = await claimState(world)
  for (const body of [soundClaim, {}, { ...soundClaim, email: 'eve@evil.example' }, undefined, '{'])
    for (const path of ['/api/startup', '/api/startup/url']) {
      const headers = typeof body === 'string' ? { 'content-type': 'application/json' } : {}
      const answer = await world.call(`POST ${path}`, { body, headers })
      assert.deepEqual([answer.status, answer.body.kind, answer.body.code], [410, 'Gone', 'STARTUP_DONE'])
      if (path.endsWith('url')) assert.equal(answer.body.error, answer.body.message)
    }
  const page = await world.call('GET /startup')
  assert.equal(page.status, 410)
  assert.match(page.headers['content-type'] ?? '', /html/)
  assert.equal(
    (await world.call('POST /startup', { form: { ...soundClaim, repeated: soundClaim.password } })).status,
    410
  )
  assert.deepEqual(await claimState(world), before)
})

test('a claim whose answer was lost gets it again with its Idempotency-Key [C1-key-replay]', async () => {
  const headers = { 'idempotency-key': 'a key that only this caller knows' }
  const first = await claim(world, {}, { headers })
  const again = await claim(world, {}, { headers })
  assert.equal(again.status, 200)
  assert.deepEqual(again.body, first.body)
  assert.equal(again.headers['idempotent-replayed'], 'true')
  const other = await claim(world, { email: 'eve@evil.example' }, { headers })
  assert.deepEqual([other.status, other.body.code], [410, 'STARTUP_DONE'])
  for (const over of [{ name: '' }, { password: undefined }, { publicUrl: 'https://acme.example' }])
    assert.equal((await claim(world, over, { headers })).body.code, 'STARTUP_DONE')
})

test('the calls answer on the public host alone', async () => {
  const { workspace } = await openWorkspaceFor(world, newWish())
  const { host } = new URL(workspace.loginUrl)
  for (const what of ['POST /api/startup', 'POST /api/startup/url', 'GET /startup'])
    assert.equal((await world.call(what, { host, body: soundClaim })).status, 404)
})

test('with other workspaces the public URL keeps its host [C4-url-in-use]', async () => {
  await openWorkspaceFor(world, newWish())
  const moved = await claim(tokenWorld, { publicUrl: 'https://ekso.acme.example', setupToken: token })
  assert.deepEqual([moved.status, moved.body.kind, moved.body.code], [409, 'Conflict', 'PUBLIC_URL_IN_USE'])
  assert.equal(
    (await claim(tokenWorld, { publicUrl: 'http://localhost:6051' })).body.code,
    'PUBLIC_URL_IN_USE'
  )
  assert.deepEqual(await claimState(world), unclaimed)
  assert.equal((await claim(world)).status, 200)
})

test('a localhost URL other than the setting is kept', async () => {
  const alone = await openWorld({ after }, 'startup_other')
  assert.equal((await claim(alone, { publicUrl: 'http://ekso.localhost:7000' })).status, 200)
  assert.equal((await claimState(alone)).publicUrl, 'http://ekso.localhost:7000')
})
