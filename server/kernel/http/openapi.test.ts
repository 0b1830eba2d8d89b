import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import Type from 'typebox'
import { ask, buildSmallApp, type SmallApp } from '../../../testing/small-app.ts'
import { anyone } from './access.ts'
import { type ApiDocument, operations } from './api-document.ts'
import { registerOpenApi } from './openapi.ts'

const before = (http: SmallApp['http']) => {
  registerOpenApi(http, () => new URL('http://localhost:6050'))
  const schema = {
    tags: ['<b>Odd</b>'],
    summary: 'Say <script>alert(1)</script>',
    params: Type.Object({ id: Type.String({ description: 'Its id.' }) }),
    body: Type.Object({ name: Type.String({ examples: ["O'Hara"] }), when: Type.Optional(Type.String()) }),
    response: { 200: Type.Object({ ok: Type.Boolean({ description: 'Whether it worked.' }) }) }
  }
  http.post('/api/odd/:id', { config: { access: anyone({ on: 'any' }) }, schema }, () => ({ ok: true }))
}

async function documentOf(t: TestContext): Promise<ApiDocument> {
  return (await ask(buildSmallApp(t, { before }), { url: '/openapi.json' })).json()
}

test('the document is OpenAPI 3.1, names every API door and leaves pages out [C1-openapi]', async (t) => {
  const document = await documentOf(t)
  assert.match(document.openapi, /^3\.1\./)
  assert.deepEqual(document.servers, [{ url: 'http://localhost:6050' }])
  const paths = 'crash home list odd/{id} slow small thing thing/{id} wrapped'.split(' ')
  assert.deepEqual(
    Object.keys(document.paths).sort(),
    paths.map((path) => `/api/${path}`)
  )
})

test('the document says what a door demands', async (t) => {
  const operation = (await documentOf(t)).paths['/api/thing']?.post
  const schema = operation?.requestBody?.content['application/json']?.schema
  assert.deepEqual(schema?.properties?.name, { type: 'string', minLength: 2, maxLength: 5 })
  assert.deepEqual(schema?.required, ['name'])
  assert.equal((operation as Record<string, unknown>)['x-max-body-bytes'], 1024 * 1024)
})

test('every operation refers to the one shape of problems', async (t) => {
  const document = await documentOf(t)
  for (const { operation } of operations(document))
    assert.match(JSON.stringify(operation.responses?.default), /#\/components\/schemas\/Problem/)
  const { required } = document.components?.schemas?.Problem ?? {}
  assert.deepEqual(required, ['kind', 'message', 'fields', 'code', 'requestId'])
})

test('parameters match the paths, and nothing of an older dialect is left', async (t) => {
  const document = await documentOf(t)
  for (const { path, operation } of operations(document)) {
    const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
    assert.deepEqual(
      inPath.map(({ name }) => `{${name}}`),
      path.match(/\{[^}]+\}/g) ?? []
    )
    assert.ok(inPath.every(({ required }) => required))
  }
  assert.doesNotMatch(JSON.stringify(document), /nullable|~kind/)
})

test('the reference shows each operation and runs no script [C1-docs, C3-docs-sandbox]', async (t) => {
  const answer = await ask(buildSmallApp(t, { before }), { url: '/docs' })
  assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8')
  assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/)
  assert.doesNotMatch(String(answer.headers['content-security-policy']), /script/)
  assert.match(answer.body, /POST \/api\/odd\/\{id\}/)
  assert.match(answer.body, /Whether it worked\./)
  assert.match(answer.body, /curl -X POST &#39;http:\/\/localhost:6050\/api\/odd/)
  assert.doesNotMatch(answer.body, /<script|<b>|javascript:/)
})
