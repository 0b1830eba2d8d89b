import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, buildSmallApp, type SmallApp } from '../../../testing/small-app.ts'
import { page } from './access.ts'
import { registerOpenApi } from './openapi.ts'

const elsewhere = { origin: 'https://evil.test' }
const openapi = {
  before: (http: SmallApp['http']) => registerOpenApi(http, () => new URL('http://localhost:6050'))
}

const open: [url: string, status: number][] = [
  ['/api/list', 200],
  ['/openapi.json', 200],
  ['/api/nothing', 404],
  ['/api/list?x=1', 400],
  ['/api/v9/list', 400],
  ['/api/%ff', 400],
  ['/api/crash', 500],
  ['/token', 404],
  ['/register', 404],
  ['/mcp', 404],
  ['/.well-known/oauth-authorization-server', 404],
  ['/.well-known/jwks.json', 404]
]

for (const [url, status] of open) {
  test(`${url} with ${status} is open to scripts of any origin, without credentials [C3-cors-api]`, async (t) => {
    const answer = await ask(buildSmallApp(t, openapi), { url, headers: elsewhere })
    assert.equal(answer.statusCode, status)
    assert.equal(answer.headers['access-control-allow-origin'], '*')
    assert.equal(answer.headers['access-control-allow-credentials'], undefined)
    assert.match(String(answer.headers['access-control-expose-headers']), /Retry-After.*X-Request-Id/)
  })
}

test('a refusal by the limit can be read by scripts too', async (t) => {
  const app = buildSmallApp(t, { environment: { EKSO_RATE_LIMIT: '1' } })
  await ask(app, { url: '/api/list' })
  const answer = await ask(app, { url: '/api/list', headers: elsewhere })
  assert.equal(answer.statusCode, 429)
  assert.equal(answer.headers['access-control-allow-origin'], '*')
})

for (const url of ['/page', '/nothing', '/healthz', '/assets/ekso.css', '/tokens', '/apix', '/docs']) {
  test(`${url} is closed to scripts of other origins [C3-cors-elsewhere]`, async (t) => {
    const app = buildSmallApp(t, openapi)
    for (const method of ['GET', 'OPTIONS']) {
      const { headers } = await ask(app, { method, url, headers: elsewhere })
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.startsWith('access-control')),
        []
      )
    }
  })
}

test('a preflight is answered with what may be sent', async (t) => {
  const headers = {
    ...elsewhere,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,idempotency-key'
  }
  const answer = await ask(buildSmallApp(t), { method: 'OPTIONS', url: '/api/thing', headers })
  assert.equal(answer.statusCode, 204)
  assert.equal(answer.body, '')
  assert.match(String(answer.headers['access-control-allow-methods']), /POST/)
  for (const name of ['Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'x-api-version'])
    assert.ok(String(answer.headers['access-control-allow-headers']).includes(name), name)
})

test('OPTIONS elsewhere finds nothing', async (t) => {
  assert.equal((await ask(buildSmallApp(t), { method: 'OPTIONS', url: '/page' })).statusCode, 404)
})

test('every answer carries the security headers', async (t) => {
  const app = buildSmallApp(t)
  for (const url of [
    '/api/list',
    '/nothing',
    '/page',
    '/healthz',
    '/assets/ekso.css',
    '/api/crash',
    '/%ff'
  ]) {
    const { headers } = await ask(app, { url })
    assert.equal(headers['x-content-type-options'], 'nosniff', url)
    assert.equal(headers['referrer-policy'], url === '/page' ? 'same-origin' : 'no-referrer', url)
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin', url)
    assert.match(String(headers['permissions-policy']), /camera=\(\)/, url)
    assert.match(String(headers['content-security-policy']), /^default-src 'none'; .*frame-ancestors 'none'/)
    assert.match(String(headers['x-request-id']), /^req_/, url)
  }
})

test('a page may show its style and post its forms, data may do nothing', async (t) => {
  const app = buildSmallApp(t)
  const policy = async (url: string) => String((await ask(app, { url })).headers['content-security-policy'])
  assert.match(await policy('/page'), /style-src 'self'.*form-action 'self'.*base-uri 'none'/)
  assert.equal(await policy('/api/list'), "default-src 'none'; frame-ancestors 'none'")
})

test('an https install demands https for a year, a localhost one does not', async (t) => {
  const hsts = async (app: SmallApp, host: string) =>
    (await ask(app, { url: '/api/list', host })).headers['strict-transport-security']
  const environment = { EKSO_PUBLIC_URL: 'https://ekso.test', SMTP_URL: 'smtp://mail.test' }
  assert.equal(await hsts(buildSmallApp(t, { environment }), 'ekso.test'), 'max-age=31536000')
  assert.equal(await hsts(buildSmallApp(t), 'localhost:6050'), undefined)
})

test('API answers and errors are not cached', async (t) => {
  const app = buildSmallApp(t)
  for (const url of ['/api/list', '/api/nothing', '/page', '/api/crash'])
    assert.equal((await ask(app, { url })).headers['cache-control'], 'no-store')
})

test('a page tells its address no other site, and its forms still name their origin [C2-link-headers]', async (t) => {
  const before = (http: SmallApp['http']) =>
    http.get('/secret/:token', { config: { access: page({ on: 'any' }) } }, (_request, reply) =>
      reply.type('text/html').send('x')
    )
  const app = buildSmallApp(t, { before })
  for (const method of ['GET', 'POST']) {
    const { headers } = await ask(app, { method, url: '/secret/x' })
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers['referrer-policy'], method === 'GET' ? 'same-origin' : 'no-referrer')
  }
})

test('the stylesheet is kept for ever under its own address and checked under another', async (t) => {
  const app = buildSmallApp(t)
  const error = await ask(app, { method: 'POST', url: '/page' })
  const url = /href="(\/assets\/ekso\.css\?v=[^"]+)"/.exec(error.body)?.[1] ?? ''
  const current = await ask(app, { url })
  assert.equal(current.headers['content-type'], 'text/css; charset=utf-8')
  assert.match(String(current.headers['cache-control']), /immutable/)
  const plain = await ask(app, { url: '/assets/ekso.css?v=old' })
  assert.equal(plain.headers['cache-control'], 'no-cache')
  const headers = { 'if-none-match': String(plain.headers.etag) }
  assert.equal((await ask(app, { url: '/assets/ekso.css', headers })).statusCode, 304)
})

test('HEAD answers what GET answers, without the body', async (t) => {
  const app = buildSmallApp(t, openapi)
  for (const url of ['/api/thing/5', '/openapi.json', '/healthz', '/assets/ekso.css']) {
    const [head, get] = [await ask(app, { method: 'HEAD', url }), await ask(app, { url })]
    assert.equal(head.statusCode, 200, url)
    assert.equal(head.body, '', url)
    assert.equal(head.headers['content-length'], get.headers['content-length'], url)
    assert.equal(head.headers['content-type'], get.headers['content-type'], url)
  }
})
