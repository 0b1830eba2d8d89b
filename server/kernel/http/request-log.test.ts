import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { ask, buildSmallApp, listen, pause, type SmallApp } from '../../../testing/small-app.ts'

function requestLine(app: SmallApp): Record<string, unknown> {
  const line = app.lines.find(({ msg }) => msg === 'request')
  assert.ok(line)
  return line
}

test('a request leaves one line with pattern, status, tenant and id', async (t) => {
  const app = buildSmallApp(t)
  const answer = await ask(app, { url: '/api/v1/thing/tok_1', host: 'acme.localhost:6050' })
  await pause(30)
  const { time, ms, ...line } = requestLine(app)
  assert.deepEqual(line, {
    level: 'info',
    msg: 'request',
    requestId: answer.headers['x-request-id'],
    method: 'GET',
    route: '/api/thing/:id',
    status: 200,
    tenantId: 'a11111111111'
  })
  assert.equal(typeof ms, 'number')
  assert.equal(typeof time, 'string')
  assert.equal(app.lines.length, 1)
})

test('no line holds anything of a URL, a header or a body', async (t) => {
  const app = buildSmallApp(t)
  for (const url of ['/api/thing/SECRET', '/SECRET', '/page?x=SECRET', '/%ffSECRET', '/api/vSECRET/list'])
    await ask(app, { url, headers: { authorization: 'Bearer SECRET', cookie: 'a=SECRET' } })
  await ask(app, { method: 'POST', url: '/api/thing', body: { SECRET: 'SECRET', name: 'SECRET' } })
  await pause(30)
  assert.equal(app.lines.length, 6)
  assert.doesNotMatch(JSON.stringify(app.lines), /SECRET/)
})

test('a refused request names its problem', async (t) => {
  const app = buildSmallApp(t)
  await ask(app, { url: '/nothing' })
  await pause(30)
  assert.equal(requestLine(app).problem, 'ROUTE_NOT_FOUND')
  assert.equal(requestLine(app).route, undefined)
})

test('a client that goes away before its answer leaves a line that says so', async (t) => {
  const app = buildSmallApp(t)
  const socket = connect(await listen(app), '127.0.0.1')
  socket.write('GET /api/slow HTTP/1.1\r\nHost: localhost:6050\r\n\r\n')
  await pause(60)
  socket.destroy()
  await pause(60)
  assert.equal(requestLine(app).aborted, true)
})

test('probes leave lines only when debugging', async (t) => {
  const app = buildSmallApp(t)
  await ask(app, { url: '/healthz' })
  await pause(30)
  assert.equal(requestLine(app).level, 'debug')
})
