import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, buildSmallApp, listen, sendRaw } from '../../../testing/small-app.ts'

const meanings: [host: string, tenant: string][] = [
  ['localhost:6050', 'Home'],
  ['LOCALHOST:6050', 'Home'],
  ['127.0.0.1:6050', 'Home'],
  ['127.0.0.1', 'Home'],
  ['[::1]:9999', 'Home'],
  ['acme.localhost:6050', 'Acme'],
  ['ACME.LocalHost:6050', 'Acme']
]

for (const [host, tenant] of meanings) {
  test(`the host ${host} means ${tenant} [C4-host-exact, C4-host-loopback]`, async (t) => {
    assert.equal((await ask(buildSmallApp(t), { url: '/api/thing/5', host })).json().tenant, tenant)
  })
}

for (const host of [
  'evil.test',
  'beta.localhost:6050',
  'acme.localhost:6051',
  'acme.localhost',
  'a.acme.localhost:6050',
  'acme.localhost.evil.test:6050',
  'acme.localhost.:6050'
]) {
  test(`the host ${host} means no workspace [C1-error-421]`, async (t) => {
    const answer = await ask(buildSmallApp(t), { url: '/api/thing/5', host })
    assert.equal(answer.statusCode, 421)
    assert.equal(answer.json().code, 'HOST_UNKNOWN')
  })
}

for (const host of [
  'acme localhost:6050',
  'localhost:6050@evil',
  'http://localhost:6050',
  'a,b',
  'localhost:p'
]) {
  test(`the host "${host}" is malformed`, async (t) => {
    const answer = await ask(buildSmallApp(t), { url: '/api/thing/5', host })
    assert.equal(answer.statusCode, 400)
    assert.deepEqual(answer.json().fields, [{ field: 'host', code: 'invalid' }])
  })
}

test('a closed workspace is gone, also where nothing would be found', async (t) => {
  const app = buildSmallApp(t)
  for (const url of ['/api/thing/5', '/nothing', '/page']) {
    const headers = { accept: 'application/json' }
    const answer = await ask(app, { url, host: 'gone.localhost:6050', headers })
    assert.equal(answer.statusCode, 410)
    assert.equal(answer.json().code, 'WORKSPACE_CLOSED')
  }
})

test('forged forwarding headers choose neither workspace nor protocol', async (t) => {
  const app = buildSmallApp(t, { environment: { EKSO_TRUSTED_PROXIES: '127.0.0.1' } })
  const headers = {
    'x-forwarded-host': 'acme.localhost:6050',
    'x-forwarded-proto': 'https',
    'x-original-url': '/api/crash',
    'x-http-method-override': 'DELETE',
    forwarded: 'host=acme.localhost:6050;proto=https'
  }
  const answer = await ask(app, { url: '/api/thing/5', headers })
  assert.equal(answer.json().tenant, 'Home')
  assert.equal(answer.headers['strict-transport-security'], undefined)
})

const start = 'GET /api/thing/5 HTTP/1.1\r\n'
const faults: [string, string][] = [
  ['two Host headers', `${start}Host: localhost:6050\r\nHost: acme.localhost:6050\r\n\r\n`],
  ['the same Host twice', `${start}Host: localhost:6050\r\nhOST: localhost:6050\r\n\r\n`],
  ['no Host', `${start}\r\n`],
  ['an empty Host', `${start}Host:\r\n\r\n`],
  ['no Host in HTTP/1.0', 'GET /api/thing/5 HTTP/1.0\r\n\r\n'],
  ['another host in the target', `GET http://acme.localhost:6050/ HTTP/1.1\r\nHost: localhost:6050\r\n\r\n`]
]

test('a request names its host exactly once [C4-host-twice]', async (t) => {
  const port = await listen(buildSmallApp(t))
  for (const [name, request] of faults) {
    const answer = await sendRaw(port, [request], 100)
    assert.match(answer, /^HTTP\/1.1 400 /, name)
    assert.match(answer, /REQUEST_MALFORMED/, name)
  }
})

test('a target in absolute form is accepted when it names the same host', async (t) => {
  const port = await listen(buildSmallApp(t))
  const request = 'GET http://acme.localhost:6050/api/thing/5 HTTP/1.1\r\nHost: acme.localhost:6050\r\n\r\n'
  assert.match(await sendRaw(port, [request], 100), /"tenant":"Acme"/)
})

test('probes answer under any host and without a tenant [C1-healthz]', async (t) => {
  const app = buildSmallApp(t, {
    findTenant: async () => {
      throw new Error('asked')
    }
  })
  for (const host of ['10.1.2.3:6050', 'evil.test'])
    assert.deepEqual((await ask(app, { url: '/healthz', host })).json(), { status: 'ok' })
  assert.equal((await ask(app, { url: '/readyz', host: '10.1.2.3' })).statusCode, 200)
})
