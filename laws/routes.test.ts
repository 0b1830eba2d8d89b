import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registeredRoutes } from './registered-routes.ts'
import { doorLines, placeRoutes, routesDocument } from './route-map.ts'
import { readText, sourceOf, sources } from './source.ts'

const planted = sourceOf(
  'server/features/items/item.routes.ts',
  `
  // http.get('/api/comment')
  http.get('/api/item/:id', { config }, answer)
  http.post(
    "/api/item",
    { config },
    answer
  )
  http.route({ method: ['GET', 'POST'], url: '/confirm/:token', handler })
  http.route({ config, url: '/long', method: 'PUT' })
  cache.get('item')
  http.delete(\`/api/item\`, answer)
  `
)

const route = (method: string, url: string) => ({ method, url, access: 'anyone' })

test('the URLs of a door are found whatever their layout', () => {
  assert.deepEqual(
    doorLines([planted]).map(({ method, url }) => `${method} ${url}`),
    [
      'GET /api/item/:id',
      'POST /api/item',
      'DELETE /api/item',
      'GET /confirm/:token',
      'POST /confirm/:token',
      'PUT /long'
    ]
  )
  assert.deepEqual(doorLines([{ ...planted, path: 'server/features/items/item.ts' }]), [])
})

test('a URL that is put together, written twice or not plugged in is caught', () => {
  const line = (url: string, path = 'a.routes.ts') => ({ method: 'GET', url, path })
  const cases: [string, string][] = [
    ['GET /built stands 0 times in the doors, not once', '/built'],
    ['GET /twice stands 2 times in the doors, not once', '/twice']
  ]
  for (const [fault, url] of cases) {
    const { faults } = placeRoutes([route('GET', url)], [line('/twice'), line('/twice', 'b.routes.ts')])
    assert.ok(faults.includes(fault), fault)
  }
  assert.deepEqual(placeRoutes([], [line('/lost')]).faults, [
    'GET /lost in a.routes.ts is not plugged into the app'
  ])
  const fine = placeRoutes([route('GET', '/a'), route('HEAD', '/a')], [line('/a')])
  assert.deepEqual(fine.faults, [])
  assert.equal(fine.placed.length, 1)
})

test('the document is sorted by URL', () => {
  const lines = ['/b', '/a'].map((url) => ({ method: 'GET', url, path: 'a.routes.ts' }))
  const { placed } = placeRoutes([route('GET', '/b'), route('GET', '/a')], lines)
  const text = routesDocument(placed)
  assert.ok(text.indexOf('`/a`') < text.indexOf('`/b`'))
})

test('every registered URL stands once, whole, in a door, and ROUTES.md is current', async () => {
  const routes = await registeredRoutes()
  assert.ok(routes.length > 10, `the app registered only ${routes.length} routes`)
  const { placed, faults } = placeRoutes(routes, doorLines(sources))
  assert.deepEqual(faults, [])
  assert.equal(readText('ROUTES.md'), routesDocument(placed), 'run npm run routes')
})
