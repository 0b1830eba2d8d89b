import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ask, buildSmallApp } from '../../../testing/small-app.ts'
import { problem } from '../problem.ts'
import { anyone } from './access.ts'
import { answerProblem, toProblem } from './errors.ts'

async function faultsOf(t: TestContext, body: unknown) {
  const answer = await ask(buildSmallApp(t), { method: 'POST', url: '/api/thing', body })
  assert.equal(answer.statusCode, 400)
  assert.equal(answer.json().code, 'VALIDATION_FAILED')
  return answer.json().fields
}

const faults: [string, unknown, [field: string, code: string]][] = [
  ['a missing field [S1-error-400, S1-error-fields]', {}, ['name', 'required']],
  ['a short text', { name: 'a' }, ['name', 'too_short']],
  ['a long text', { name: 'abcdef' }, ['name', 'too_long']],
  ['a number for a text [C1-no-coercion]', { name: 5 }, ['name', 'invalid']],
  ['a text for a number [C1-no-coercion]', { name: 'abc', size: '5' }, ['size', 'invalid']],
  ['a word outside the list', { name: 'abc', kind: 'x' }, ['kind', 'not_allowed']],
  ['an unknown member [C1-unknown-members]', { name: 'abc', extra: 1 }, ['extra', 'unknown']],
  ['an unknown member inside', { name: 'abc', place: { city: 'x', zip: 1 } }, ['place.zip', 'unknown']],
  ['a missing member inside', { name: 'abc', place: {} }, ['place.city', 'required']],
  ['a list entry', { name: 'abc', tags: ['a', 5] }, ['tags.1', 'invalid']],
  ['a long list', { name: 'abc', tags: ['a', 'b', 'c'] }, ['tags', 'too_long']],
  ['a name with slash and tilde', { name: 'abc', 'a/b~c': 1 }, ['a/b~c', 'unknown']]
]

for (const [name, body, [field, code]] of faults)
  test(`the fields name ${name}`, async (t) => assert.deepEqual(await faultsOf(t, body), [{ field, code }]))

test('every fault is named at once', async (t) => {
  const body = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`x${at}`, 1]))
  assert.equal((await faultsOf(t, body)).length, 21)
})

test('a body of many thousand faults gets a bounded answer', async (t) => {
  const body = Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`x${at}`, 1]))
  assert.equal((await faultsOf(t, body)).length, 64)
})

test('a very long name of an unknown member is cut in the answer', async (t) => {
  const [fault] = await faultsOf(t, { name: 'abc', ['x'.repeat(5000)]: 1 })
  assert.equal(fault.field.length, 200)
})

test('the eight system members are dropped, not refused', async (t) => {
  const stamps = { created: 0, createdBy: [], updated: 0, updatedBy: 0, deleted: true }
  const body = { name: 'abc', id: 'a', tenantId: 1, entity: {}, ...stamps }
  const answer = await ask(buildSmallApp(t), { method: 'POST', url: '/api/thing', body })
  assert.equal(answer.statusCode, 200)
  assert.deepEqual(answer.json(), { name: 'abc' })
})

test('a query is read as its schema says and its faults are named', async (t) => {
  const app = buildSmallApp(t)
  assert.deepEqual((await ask(app, { url: '/api/list?limit=5' })).json(), { limit: 5 })
  const answer = await ask(app, { url: '/api/list?limit=many&more=1' })
  assert.deepEqual(answer.json().fields, [
    { field: 'more', code: 'unknown' },
    { field: 'limit', code: 'invalid' }
  ])
})

test('an unknown address has the five members of an error [C1-error-404, C1-error-body, S1-error-body]', async (t) => {
  const answer = await ask(buildSmallApp(t), { url: '/api/nothing' })
  const { message, ...body } = answer.json()
  const requestId = answer.headers['x-request-id']
  assert.deepEqual(body, { kind: 'NotFound', fields: [], code: 'ROUTE_NOT_FOUND', requestId })
  assert.ok(message.length > 0)
  assert.equal(answer.statusCode, 404)
  assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
})

test('a caller cannot choose the request id', async (t) => {
  const headers = { 'x-request-id': 'mine', 'request-id': 'mine' }
  const answer = await ask(buildSmallApp(t), { url: '/api/list', headers })
  assert.match(String(answer.headers['x-request-id']), /^req_[0-9a-z]{26}$/)
})

test('an unforeseen error tells nothing; its request id finds its stack [C1-error-500, S1-error-500]', async (t) => {
  const app = buildSmallApp(t)
  const answer = await ask(app, { url: '/api/crash' })
  assert.equal(answer.statusCode, 500)
  assert.equal(answer.json().kind, 'Exception')
  assert.doesNotMatch(answer.body + JSON.stringify(answer.headers), /hunter2|small-app/)
  assert.equal(answer.headers.etag, undefined)
  const line = app.lines.find((found) => found.level === 'error') ?? {}
  assert.equal(line.requestId, answer.headers['x-request-id'])
  assert.match(String((line.err as { stack: string }).stack), /small-app\.ts/)
})

test('anything that is thrown becomes a problem', () => {
  for (const thrown of [undefined, null, 'text', 5, {}, Object.create(null), new Error('x')])
    assert.equal(toProblem(thrown).code, 'INTERNAL_ERROR')
  const own = problem('ORIGIN_REFUSED')
  assert.equal(toProblem(own), own)
})

test('an error that carries its own status is still unforeseen', () => {
  assert.equal(toProblem(Object.assign(new Error('x'), { statusCode: 404 })).code, 'INTERNAL_ERROR')
})

test('a door adds members to its errors, those of parsing and limits included', async (t) => {
  const app = buildSmallApp(t, { environment: { EKSO_RATE_LIMIT: '3' } })
  const headers = { 'content-type': 'application/json' }
  const send = async (body: string) => {
    const { code, retry, fields } = (
      await ask(app, { method: 'POST', url: '/api/wrapped', headers, body })
    ).json()
    return [code, retry, fields]
  }
  assert.deepEqual(await send('{'), ['MALFORMED_BODY', 'with-change', []])
  assert.deepEqual(await send('{}'), ['VALIDATION_FAILED', 'with-change', []])
  await send('{}')
  assert.deepEqual(await send('{}'), ['RATE_LIMITED', 'after', []])
})

test('an error is answered even when its extra members cannot be made', async (t) => {
  const app = buildSmallApp(t, {
    before: (http) =>
      http.get(
        '/api/bad-members',
        {
          config: { access: anyone({ on: 'any' }) },
          errorHandler: (error, request, reply) =>
            answerProblem(error, request, reply, () => {
              throw new Error('no members')
            })
        },
        () => {
          throw problem('SIGNUP_CLOSED')
        }
      )
  })
  assert.equal((await ask(app, { url: '/api/bad-members' })).json().code, 'SIGNUP_CLOSED')
})

test('a refusal for now says when to come back [C1-error-503]', async (t) => {
  const answer = await ask(buildSmallApp(t, { isReady: async () => false }), { url: '/readyz' })
  assert.equal(answer.statusCode, 503)
  assert.equal(answer.json().kind, 'Unavailable')
  assert.equal(answer.headers['retry-after'], '5')
})

test('a known address asked with another method is not there and names the methods that are', async (t) => {
  const app = buildSmallApp(t)
  const answer = await ask(app, { method: 'DELETE', url: '/api/thing/5' })
  assert.equal(answer.statusCode, 404)
  assert.equal(answer.headers.allow, 'GET, HEAD')
  assert.equal((await ask(app, { url: '/api/thing/5/6' })).headers.allow, undefined)
})
