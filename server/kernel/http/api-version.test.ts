import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, buildSmallApp } from '../../../testing/small-app.ts'

type Selector = [name: string, url: string, headers: Record<string, string>]

const accepted: Selector[] = [
  ['none is named [S1-version-latest]', '/api/list', {}],
  ['the path says v1.0 [S1-version-path]', '/api/v1.0/list', {}],
  ['the path says v1 [C1-version-spelling]', '/api/v1/list', {}],
  ['the path says 1.0', '/api/1.0/list', {}],
  ['the path says 1', '/api/1/list', {}],
  ['the query says 1.0 [S1-version-query]', '/api/list?api-version=1.0', {}],
  ['the query says 1 beside other members', '/api/list?limit=3&api-version=1', {}],
  ['the query is escaped', '/api/list?api%2Dversion=1%2E0&limit=3', {}],
  ['the header says 1.0 [S1-version-header]', '/api/list', { 'x-api-version': '1.0' }],
  [
    'the media type says 1.0 [S1-version-media-type]',
    '/api/list',
    { accept: 'application/json; x-api-version=1.0' }
  ],
  [
    'the second media type says "1"',
    '/api/list',
    { accept: 'text/plain, application/json;X-Api-Version="1"; q=0.5' }
  ],
  [
    'all four say it in two ways',
    '/api/v1/list?api-version=1.0',
    { 'x-api-version': '1', accept: 'application/json; x-api-version=1.0' }
  ]
]

for (const [name, url, headers] of accepted) {
  test(`the version is accepted when ${name}`, async (t) => {
    const answer = await ask(buildSmallApp(t), { url, headers })
    assert.equal(answer.statusCode, 200)
    assert.deepEqual(answer.json(), url.includes('limit') ? { limit: 3 } : {})
    assert.equal(answer.headers['api-supported-versions'], '1.0')
  })
}

const unknown: [string, Record<string, string>][] = [
  ['/api/v2/list', {}],
  ['/api/v1.1/list', {}],
  ['/api/2/list', {}],
  ['/api/v1beta/list', {}],
  ['/api/list?api-version=', {}],
  ['/api/list?api-version=v1.0', {}],
  ['/api/list?api-version', {}],
  ['/api/list', { 'x-api-version': '' }],
  ['/api/list', { 'x-api-version': '0' }],
  ['/api/list', { accept: 'application/json; x-api-version=9' }]
]

for (const [url, headers] of unknown) {
  test(`an unknown version is refused: ${url} ${JSON.stringify(headers)} [C1-version-unknown]`, async (t) => {
    const answer = await ask(buildSmallApp(t), { url, headers })
    assert.equal(answer.statusCode, 400)
    assert.equal(answer.json().code, 'API_VERSION_UNSUPPORTED')
    assert.deepEqual(answer.json().fields, [{ field: 'api-version', code: 'not_allowed' }])
  })
}

const ambiguous: [string, Record<string, string>][] = [
  ['/api/v1/list?api-version=2', {}],
  ['/api/list?api-version=1.0&api-version=2.0', {}],
  ['/api/list', { 'x-api-version': '1.0, 2.0' }],
  ['/api/v2/list', { 'x-api-version': '1.0' }],
  ['/api/list?api-version=1', { accept: 'application/json; x-api-version=3' }],
  ['/api/list', { accept: 'application/json; x-api-version=1, text/html; x-api-version=2' }]
]

for (const [url, headers] of ambiguous) {
  test(`versions that disagree are refused: ${url} ${JSON.stringify(headers)} [C1-version-ambiguous]`, async (t) => {
    const answer = await ask(buildSmallApp(t), { url, headers })
    assert.equal(answer.statusCode, 400)
    assert.equal(answer.json().code, 'AMBIGUOUS_API_VERSION')
  })
}

test('refusals and unknown addresses name the supported versions too [C1-version-answer]', async (t) => {
  const app = buildSmallApp(t)
  for (const url of ['/api/v1/nothing', '/api/v2/list', '/api/crash', '/api/%ff', '/api/list?x=%00'])
    assert.equal((await ask(app, { url })).headers['api-supported-versions'], '1.0', url)
})

test('a version is checked on an address written with escapes', async (t) => {
  const answer = await ask(buildSmallApp(t), { url: '/%61pi/list', headers: { 'x-api-version': '7' } })
  assert.equal(answer.json().code, 'API_VERSION_UNSUPPORTED')
})

test('api-version outside of /api is an ordinary member of the query', async (t) => {
  const answer = await ask(buildSmallApp(t), { url: '/page?api-version=9' })
  assert.equal(answer.statusCode, 200)
  assert.equal(answer.headers['api-supported-versions'], undefined)
})
