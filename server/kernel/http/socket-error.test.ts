import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSmallApp, listen, sendRaw } from '../../../testing/small-app.ts'

const host = 'Host: localhost:6050\r\n'
const get = (target: string) => `GET ${target} HTTP/1.1\r\n${host}\r\n`
const post = `POST /api/small HTTP/1.1\r\n${host}Content-Type: application/json\r\n`
const both = 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'

const hostile: [name: string, bytes: string, status: number, text: RegExp][] = [
  ['no HTTP at all', 'hello\r\n\r\n', 400, /REQUEST_MALFORMED/],
  ['TLS on the plain port', '\x16\x03\x01\x02\x00\x01\x00', 400, /REQUEST_MALFORMED/],
  ['a head of 20 kB', `GET / HTTP/1.1\r\n${host}X: ${'a'.repeat(20_000)}\r\n\r\n`, 400, /REQUEST_MALFORMED/],
  ['a target of 9 kB', get(`/${'a'.repeat(9000)}`), 400, /"field":"url"/],
  ['a space in the target', get('/a b'), 400, /REQUEST_MALFORMED/],
  ['a fragment', get('/api/list#x'), 400, /REQUEST_MALFORMED/],
  ['a bad escape', get('/api/%zz'), 400, /"field":"url"/],
  ['half a UTF-8 character', get('/api/thing/%c3'), 400, /"field":"url"/],
  ['an escaped NUL in the path', get('/api/thing/a%00'), 400, /"field":"url"/],
  ['an escaped NUL in the query', get('/api/list?limit=%00'), 400, /"field":"limit"/],
  ['a bad escape in the query', get('/api/list?a=1&limit=%ff'), 400, /"field":"limit"/],
  ['length and chunks at once', `${post}${both}`, 400, /REQUEST_MALFORMED/],
  ['two lengths', `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} `, 400, /REQUEST_MALFORMED/],
  ['a chunk that is none', `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n`, 400, /REQUEST_MALFORMED/],
  ['a folded header', `GET /api/list HTTP/1.1\r\n${host}X: a\r\n b\r\n\r\n`, 400, /REQUEST_MALFORMED/],
  ['OPTIONS for the whole server', `OPTIONS * HTTP/1.1\r\n${host}\r\n`, 404, /ROUTE_NOT_FOUND/],
  ['TRACE', `TRACE /api/list HTTP/1.1\r\n${host}\r\n`, 404, /ROUTE_NOT_FOUND/],
  ['a method that nobody knows', `BREW /api/list HTTP/1.1\r\n${host}\r\n`, 400, /REQUEST_MALFORMED/],
  ['a method without a door', `PROPFIND /api/list HTTP/1.1\r\n${host}\r\n`, 404, /ROUTE_NOT_FOUND/],
  ['a trailing slash', get('/api/list/'), 404, /ROUTE_NOT_FOUND/],
  ['a doubled slash', get('//api/list'), 404, /ROUTE_NOT_FOUND/],
  ['dots in the path', get('/page/../api/list'), 404, /ROUTE_NOT_FOUND/],
  [
    'an unknown expectation',
    `POST /api/thing HTTP/1.1\r\n${host}Expect: tea\r\nContent-Length: 0\r\n\r\n`,
    400,
    /MALFORMED_BODY/
  ],
  [
    'an upgrade that nobody offers',
    `GET /api/nothing HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    404,
    /ROUTE_NOT_FOUND/
  ]
]

test('hostile bytes are answered in the shape of every other error', async (t) => {
  const port = await listen(buildSmallApp(t))
  for (const [name, bytes, status, text] of hostile) {
    const answer = await sendRaw(port, [bytes], 100)
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), name)
    assert.match(answer, text, name)
    assert.match(answer, /X-Request-Id: req_/i, name)
    assert.match(answer, /"requestId":"req_/, name)
  }
})

test('a body that is too large is read to its end, so that the answer arrives', async (t) => {
  const port = await listen(buildSmallApp(t))
  const parts = [`${post}Content-Length: 4000000\r\n\r\n`, Buffer.alloc(4_000_000, 97), get('/api/list')]
  const answer = await sendRaw(port, parts)
  assert.match(answer, /^HTTP\/1.1 413 /)
  assert.match(answer, /HTTP\/1.1 200 OK/)
})

test('a body without a stated length is cut at the limit', async (t) => {
  const port = await listen(buildSmallApp(t))
  const chunk = `100\r\n${'a'.repeat(256)}\r\n`
  assert.match(await sendRaw(port, [`${post}Transfer-Encoding: chunked\r\n\r\n`, chunk]), /^HTTP\/1.1 413 /)
})

test('an answer under way is not lost to bytes that follow its request', async (t) => {
  const port = await listen(buildSmallApp(t))
  const answer = await sendRaw(port, [`${get('/api/slow')}nonsense\r\n\r\n`], 1000)
  assert.match(answer, /^HTTP\/1.1 200 OK/)
  assert.ok(answer.endsWith('{"ok":true}'))
})

test('a connection on which nothing was sent is never answered', async (t) => {
  const port = await listen(buildSmallApp(t))
  assert.equal(await sendRaw(port, [], 300), '')
})
