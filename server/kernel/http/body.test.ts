import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, buildSmallApp } from '../../../testing/small-app.ts'
import { anyone } from './access.ts'

const json = { 'content-type': 'application/json' }
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

const hostile: [string, string | Buffer][] = [
  ['text that is no JSON [C1-error-json]', '{'],
  ['a NUL in a value [C1-text-clean]', '{"a":"x\\u0000y"}'],
  ['a NUL in a name', '{"a\\u0000":1}'],
  ['a NUL deep inside', '{"a":[{"b":["\\u0000"]}]}'],
  ['a raw NUL', Buffer.from([0x22, 0x00, 0x22])],
  ['invalid UTF-8 [C1-text-clean]', Buffer.from([0x22, 0xff, 0x22])],
  ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ['an escaped lone surrogate', '"\\ud800"'],
  ['overlong UTF-8', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
  ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
  ['a __proto__ member', '{"__proto__":{"admin":true}}'],
  ['a __proto__ member in escapes', '{"\\u005f_proto__":1}'],
  ['a constructor member deep inside', '{"a":[{"constructor":1}]}'],
  ['33 levels', nested(33)],
  ['half a million levels', '['.repeat(500_000)],
  ['half a million closed levels', '['.repeat(500_000) + ']'.repeat(500_000)],
  ['NaN', 'NaN'],
  ['two values', '{} {}']
]

for (const [name, body] of hostile) {
  test(`a body is malformed by ${name}`, async (t) => {
    const answer = await ask(buildSmallApp(t), { method: 'POST', url: '/api/thing', headers: json, body })
    assert.equal(answer.statusCode, 400)
    assert.equal(answer.json().code, 'MALFORMED_BODY')
    assert.deepEqual(answer.json().fields, [{ field: 'body', code: 'invalid' }])
  })
}

for (const body of ['[]', '"x"', '5', 'null', '']) {
  test(`the body ${body || 'that is empty'} is no object and is malformed`, async (t) => {
    const answer = await ask(buildSmallApp(t), { method: 'POST', url: '/api/thing', headers: json, body })
    assert.equal(answer.statusCode, 400)
    assert.equal(answer.json().code, 'MALFORMED_BODY')
  })
}

test('32 levels are taken', async (t) => {
  const app = buildSmallApp(t, {
    before: (http) => http.post('/api/deep', { config: { access: anyone({ on: 'any' }) } }, () => 'taken')
  })
  const answer = await ask(app, { method: 'POST', url: '/api/deep', headers: json, body: nested(32) })
  assert.equal(answer.body, 'taken')
})

test('a request without body and content type reaches a door that wants none', async (t) => {
  const answer = await ask(buildSmallApp(t), { method: 'POST', url: '/api/small' })
  assert.deepEqual(answer.json(), { got: 'nothing' })
})

test('a request with a JSON content type and no bytes has no body', async (t) => {
  const answer = await ask(buildSmallApp(t), { method: 'POST', url: '/api/small', headers: json, body: '' })
  assert.deepEqual(answer.json(), { got: 'nothing' })
})

const thing = '{"name":"abc"}'
const otherTypes: Record<string, string>[] = [
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/xml' },
  { 'content-type': 'application/jsonp' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { 'content-type': 'nonsense' },
  { 'content-type': 'application/json; charset=latin1' },
  { 'content-type': 'application/json; charset="utf-16"' },
  { ...json, 'content-encoding': 'gzip' }
]

for (const headers of otherTypes) {
  test(`a body is refused as ${JSON.stringify(headers)} [C1-error-415]`, async (t) => {
    const answer = await ask(buildSmallApp(t), { method: 'POST', url: '/api/thing', headers, body: thing })
    assert.equal(answer.statusCode, 415)
    assert.equal(answer.json().code, 'UNSUPPORTED_MEDIA_TYPE')
  })
}

for (const type of [
  'application/json; charset=UTF-8',
  'APPLICATION/JSON',
  'application/json;charset="utf-8"'
]) {
  test(`a body is taken as ${type}, and the answer is bare JSON [S1-success-200]`, async (t) => {
    const headers = { 'content-type': type }
    const answer = await ask(buildSmallApp(t), { method: 'POST', url: '/api/thing', headers, body: thing })
    assert.equal(answer.statusCode, 200)
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
    assert.equal(answer.body, thing)
  })
}

test('a body over 1 MiB is too large [C1-error-413]', async (t) => {
  const body = { name: 'a'.repeat(1024 * 1024) }
  const answer = await ask(buildSmallApp(t), { method: 'POST', url: '/api/thing', body })
  assert.equal(answer.statusCode, 413)
  assert.equal(answer.json().code, 'BODY_TOO_LARGE')
})

test('a door may set a lower limit', async (t) => {
  const body = { a: 'a'.repeat(100) }
  assert.equal((await ask(buildSmallApp(t), { method: 'POST', url: '/api/small', body })).statusCode, 413)
})
