import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { buildSmallApp, listen, pause, sendRaw } from '../../../testing/small-app.ts'

const host = 'Host: localhost:6050\r\n'
const slow = `GET /api/slow HTTP/1.1\r\n${host}\r\n`

test('a running request is finished when the server closes, and its connection ends', async (t) => {
  const app = buildSmallApp(t)
  const port = await listen(app)
  const answer = sendRaw(port, [slow], 3000)
  await pause(80)
  const started = performance.now()
  await app.http.close()
  assert.match(await answer, /^HTTP\/1.1 200 OK/)
  assert.match(await answer, /connection: close/i)
  assert.ok((await answer).endsWith('{"ok":true}'))
  assert.ok(performance.now() - started < 1000)
})

test('a request that comes while the server closes is told to come again [C1-error-503]', async (t) => {
  const app = buildSmallApp(t)
  const port = await listen(app)
  const running = sendRaw(port, [slow], 3000)
  const late = connect(port, '127.0.0.1')
  let answer = ''
  late.on('data', (chunk) => {
    answer += chunk
  })
  await pause(80)
  const closed = app.http.close()
  await pause(40)
  assert.equal(app.http.stopping(), true)
  late.write(`GET /healthz HTTP/1.1\r\n${host}\r\n`)
  await Promise.all([closed, running])
  assert.match(answer, /^HTTP\/1.1 503 /)
  assert.match(answer, /SERVER_STOPPING/)
  assert.match(answer, /retry-after: 5/i)
  assert.match(answer, /connection: close/i)
})

test('a client that never finishes does not keep the server from closing', async (t) => {
  const app = buildSmallApp(t, { stopGraceSeconds: 0.3 })
  const port = await listen(app)
  const stuck = connect(port, '127.0.0.1').on('error', () => {})
  stuck.write(
    `POST /api/small HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{`
  )
  await pause(80)
  const started = performance.now()
  await app.http.close()
  assert.ok(performance.now() - started < 2000)
})
