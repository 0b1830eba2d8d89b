import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, buildSmallApp } from '../../../testing/small-app.ts'

test('a door that does not say who may use it stops the boot', (t) => {
  const { http } = buildSmallApp(t)
  assert.throws(() => http.get('/api/open', () => 'x'), /GET \/api\/open does not say who may use it/)
})

test('a door of the public host is nothing on a workspace host', async (t) => {
  const app = buildSmallApp(t)
  assert.equal((await ask(app, { url: '/api/home' })).statusCode, 200)
  const answer = await ask(app, { url: '/api/home', host: 'acme.localhost:6050' })
  assert.equal(answer.statusCode, 404)
  assert.equal(answer.json().code, 'ROUTE_NOT_FOUND')
})

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const own = { ...form, origin: 'http://localhost:6050', accept: 'application/json' }

test('a form from the page of the stored address is taken', async (t) => {
  const answer = await ask(buildSmallApp(t), {
    method: 'POST',
    url: '/page',
    host: 'acme.localhost:6050',
    headers: { ...form, origin: 'http://acme.localhost:6050' },
    body: 'a=1+2&b=%C3%A9&a=3'
  })
  assert.equal(answer.statusCode, 200)
  assert.deepEqual(answer.json(), { form: { a: ['1 2', '3'], b: 'é' } })
})

for (const origin of [
  undefined,
  'null',
  'http://acme.localhost:6050',
  'http://127.0.0.1:6050',
  'http://localhost',
  'https://localhost:6050',
  'http://localhost:6050.evil.test',
  'HTTP://LOCALHOST:6050/'
]) {
  test(`a form with the origin ${origin} is refused on the public host [C3-form-origin]`, async (t) => {
    const headers: Record<string, string> = { ...form, ...(origin === undefined ? {} : { origin }) }
    const answer = await ask(buildSmallApp(t), { method: 'POST', url: '/page', headers, body: 'a=1' })
    assert.equal(answer.statusCode, 403)
    assert.match(answer.body, /ORIGIN_REFUSED/)
  })
}

test('a form opened at a loopback address is refused: its origin is not the stored one', async (t) => {
  const headers = { ...form, origin: 'http://127.0.0.1:6050' }
  const host = '127.0.0.1:6050'
  const answer = await ask(buildSmallApp(t), { method: 'POST', url: '/page', host, headers, body: 'a=1' })
  assert.equal(answer.statusCode, 403)
})

test('a page answers errors as HTML that holds the code and the request id', async (t) => {
  const answer = await ask(buildSmallApp(t), { method: 'POST', url: '/page', headers: form, body: 'a=1' })
  assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8')
  assert.match(answer.body, new RegExp(`403 ORIGIN_REFUSED, ${answer.headers['x-request-id']}`))
})

test('a page answers errors as JSON to a client that asks for it', async (t) => {
  const headers = { ...form, accept: 'application/json' }
  const answer = await ask(buildSmallApp(t), { method: 'POST', url: '/page', headers, body: 'a=1' })
  assert.equal(answer.json().code, 'ORIGIN_REFUSED')
})

test('an API door takes no forms', async (t) => {
  const answer = await ask(buildSmallApp(t), { method: 'POST', url: '/api/small', headers: own, body: 'a=1' })
  assert.equal(answer.statusCode, 415)
  assert.equal(answer.json().code, 'UNSUPPORTED_MEDIA_TYPE')
})

for (const body of ['a=%ff', 'a=%00', '__proto__=1', 'constructor=1', 'a=%', '%ED%A0%80=1']) {
  test(`the hostile form ${body} is refused`, async (t) => {
    const answer = await ask(buildSmallApp(t), { method: 'POST', url: '/page', headers: own, body })
    assert.equal(answer.statusCode, 400)
    assert.equal(answer.json().code, 'MALFORMED_BODY')
  })
}

test('a form of many thousand fields is refused', async (t) => {
  const body = 'a&'.repeat(5000)
  const answer = await ask(buildSmallApp(t), { method: 'POST', url: '/page', headers: own, body })
  assert.equal(answer.statusCode, 413)
})

test('a field called toString is an ordinary field of a form', async (t) => {
  const answer = await ask(buildSmallApp(t), {
    method: 'POST',
    url: '/page',
    headers: own,
    body: 'toString=1'
  })
  assert.deepEqual(answer.json(), { form: { toString: '1' } })
})
