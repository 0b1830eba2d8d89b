import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { newWish, openWorkspaceFor } from '../../../testing/signups.ts'
import { type Answer, openWorld, type World } from '../../../testing/world.ts'

const open = await openWorld({ after }, 'discovery')
const abroad = {
  EKSO_PUBLIC_URL: 'https://ekso.example.com',
  SMTP_URL: 'smtp://127.0.0.1:1',
  // Without it the wizard, to which the front page leads, says how to set it: 403.
  EKSO_SETUP_TOKEN: 'a setup token of the tests'
}
const closed = await openWorld({ after }, 'discovery_closed', { ...abroad, EKSO_SIGNUP: 'closed' })
const elsewhere = await openWorld({ after }, 'discovery_elsewhere', { ...abroad, EKSO_SIGNUP: 'open' })

const html = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } }
const guides = ['/guide', '/guide/agent-onboarding', '/guide/api', '/guide/errors']
const documents = [
  '/',
  '/llms.txt',
  '/.well-known/agent-card.json',
  '/.well-known/api-catalog',
  '/docs',
  ...guides,
  ...guides.map((path) => `${path}.md`)
]

/** Every address that a text leads to: Markdown links, bare ones, `href` and addresses in JSON; not those in code. */
function linksIn({ text, headers, body }: Answer): string[] {
  const type = headers['content-type'] ?? ''
  const inHeader = [...(headers.link ?? '').matchAll(/<([^>]+)>/g)].map((match) => match[1] ?? '')
  // The name of its language looks like an address and leads nowhere.
  if (type.includes('svg')) return inHeader
  // Endpoints of OAuth are no documents: a client uses them, and its own tests do.
  if (body?.token_endpoint) return inHeader
  if (type.includes('json')) return [...inHeader, ...addressesIn(body)]
  if (type.includes('html'))
    return [...inHeader, ...[...text.matchAll(/\b(?:href|src)="([^"]+)"/g)].map((match) => match[1] ?? '')]
  const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/https?:\/\/[^\s()<>"]*[^\s()<>".,;:]/g)].map(([found]) => found)
}

function addressesIn(value: unknown): string[] {
  if (typeof value === 'string') return /^https?:\/\//.test(value) ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  const isPost = (value as { method?: unknown }).method === 'POST'
  return isPost ? [] : Object.values(value).flatMap(addressesIn)
}

async function brokenLinks(world: World, origin: string, paths: string[]): Promise<[string[], number]> {
  const waiting = paths.map((path) => [path, 'the list'])
  const seen = new Set<string>()
  const broken: string[] = []
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [link = '', from] = next
    const url = new URL(link, origin)
    if (seen.has(url.pathname)) continue
    seen.add(url.pathname)
    if (url.origin !== origin) {
      broken.push(`${from} leads to ${url.origin}`)
      continue
    }
    for (const options of [{}, html]) {
      const answer = await world.call(`GET ${url.pathname}${url.search}`, options)
      if (answer.status < 200 || answer.status > 299) broken.push(`${from} → ${link}: ${answer.status}`)
      else waiting.push(...linksIn(answer).map((found) => [found, url.pathname]))
    }
  }
  return [broken, seen.size]
}

test('every link in every document answers, and leads to this install [C2-discovery-true]', async () => {
  const [broken, count] = await brokenLinks(open, 'http://localhost:6050', documents)
  assert.deepEqual(broken, [])
  assert.ok(count > documents.length, `only ${count} addresses seen`)
  assert.deepEqual((await brokenLinks(open, 'http://localhost:6050', ['/nowhere']))[0], [
    'the list → /nowhere: 404',
    'the list → /nowhere: 404'
  ])
})

test('addresses come from the public URL, whatever Host was asked [C2-discovery-true]', async () => {
  const [broken] = await brokenLinks(elsewhere, 'https://ekso.example.com', documents)
  assert.deepEqual(broken, [])
  const { text } = await elsewhere.call('GET /llms.txt', { host: '127.0.0.1:6050' })
  assert.match(text, /https:\/\/ekso\.example\.com\/guide\/agent-onboarding\.md/)
  assert.doesNotMatch(text, /127\.0\.0\.1|localhost/)
})

test('where sign-up is closed nothing promises it [C2-discovery-true]', async () => {
  const paths = documents.filter((path) => path !== '/.well-known/agent-card.json')
  assert.deepEqual((await brokenLinks(closed, 'https://ekso.example.com', paths))[0], [])
  assert.equal((await closed.call('GET /.well-known/agent-card.json')).status, 404)
  for (const path of ['/', '/llms.txt', '/.well-known/api-catalog', '/guide', '/guide/api']) {
    const { text } = await closed.call(`GET ${path}`)
    assert.doesNotMatch(text, /agent\/code|agent-onboarding|agent-card|\/api\/bo/, path)
  }
  const guide = await closed.call('GET /guide/agent-onboarding')
  assert.match(guide.text, /does not take sign-ups/)
  assert.doesNotMatch(guide.text, /\/api\/bo/)
  const entry = await closed.call('GET /api/bo/on/agent')
  assert.deepEqual([entry.status, entry.body.code, entry.body.nextActions], [403, 'SIGNUP_CLOSED', []])
  assert.match((await closed.call('GET /llms.txt')).text, /Sign-up is closed/)
  assert.match((await open.call('GET /llms.txt')).text, /Sign-up is open/)
})

test('llms.txt has a heading, a summary and lists of links, and leads to the onboarding API [S2-llms-txt]', async () => {
  const answer = await open.call('GET /llms.txt')
  assert.match(answer.headers['content-type'] ?? '', /^text\/plain; charset=utf-8$/)
  const blocks = answer.text.trimEnd().split('\n\n')
  assert.match(blocks[0] ?? '', /^# [^\n]+$/)
  assert.match(blocks[1] ?? '', /^> [^\n]+$/)
  for (const block of blocks.slice(3))
    assert.match(block, /^(## [^\n]+|(- \[[^\]]+\]\(https?:[^)\s]+\): [^\n]+\n?)+)$/)
  assert.match(answer.text, /\/guide\/agent-onboarding\.md/)
})

test('the agent card can be kept, and names an onboarding API that answers [S2-agent-card]', async () => {
  const first = await open.call('GET /.well-known/agent-card.json')
  assert.equal(first.headers['content-type'], 'application/json; charset=utf-8')
  assert.match(first.headers['cache-control'] ?? '', /max-age=[1-9]/)
  const etag = first.headers.etag ?? ''
  assert.match(etag, /^"[\w-]{22}"$/)
  for (const tag of [etag, `W/${etag}`, `"other", ${etag}`]) {
    const again = await open.call('GET /.well-known/agent-card.json', { headers: { 'if-none-match': tag } })
    assert.deepEqual([again.status, again.text], [304, ''])
  }
  const stale = await open.call('GET /.well-known/agent-card.json', { headers: { 'if-none-match': '"x"' } })
  assert.equal(stale.status, 200)
  const entry = await open.call(`GET ${new URL(first.body.supportedInterfaces[0].url).pathname}`)
  const [start] = entry.body.nextActions
  assert.deepEqual([start.method, start.url], ['POST', 'http://localhost:6050/api/bo/on/agent/code'])
  assert.deepEqual(Object.keys(start.body), ['name', 'email', 'company', 'domain'])
})

test('the api catalog is a linkset with the relations of RFC 9727 [C1-api-catalog]', async () => {
  const { headers, body } = await open.call('GET /.well-known/api-catalog')
  assert.equal(
    headers['content-type'],
    'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
  )
  const [api] = body.linkset
  const hrefs = (relation: string) =>
    api[relation].map(({ href }: { href: string }) => new URL(href).pathname)
  assert.equal(api.anchor, 'http://localhost:6050/')
  assert.deepEqual(hrefs('service-desc'), ['/openapi.json'])
  assert.deepEqual(hrefs('status'), ['/readyz'])
  assert.equal(hrefs('service-doc')[0], '/docs')
  const head = await open.call('HEAD /.well-known/api-catalog')
  assert.equal(head.status, 200)
  assert.match(head.headers.link ?? '', /<\/\.well-known\/api-catalog>; rel="api-catalog"/)
})

test('a workspace has the documents too, but no agent card of its own', async () => {
  const { workspace } = await openWorkspaceFor(open, newWish())
  const { host } = new URL(workspace.loginUrl)
  for (const path of ['/llms.txt', '/.well-known/api-catalog', '/guide/errors', '/docs'])
    assert.equal((await open.call(`GET ${path}`, { host })).status, 200, path)
  assert.equal((await open.call('GET /.well-known/agent-card.json', { host })).status, 404)
  assert.equal((await open.call('GET /api/bo/on/agent', { host })).status, 404)
})
