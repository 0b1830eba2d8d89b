import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { ask, buildSmallApp, pause, type SmallApp } from '../../../testing/small-app.ts'
import { anyone } from './access.ts'
import { addLimitState } from './request-limit.ts'

const five = { EKSO_RATE_LIMIT: '5' }
const one = { EKSO_RATE_LIMIT: '1' }
const home = 'localhost:6050'

async function statuses(
  app: SmallApp,
  count: number,
  host = home,
  remoteAddress = '127.0.0.1'
): Promise<number[]> {
  const found: number[] = []
  for (let at = 0; at < count; at += 1) {
    const answer = await app.http.inject({ url: '/api/list', remoteAddress, headers: { host } })
    found.push(answer.statusCode)
  }
  return found
}

test('the 51st request within a second is refused by default [S1-limit-fifty]', async (t) => {
  const app = buildSmallApp(t, { environment: { EKSO_RATE_LIMIT: '' } })
  assert.deepEqual(await statuses(app, 51), [...Array(50).fill(200), 429])
})

test('a client that asks too often is told when to come back, and may then [C1-error-429]', async (t) => {
  const app = buildSmallApp(t, { environment: five })
  assert.deepEqual(await statuses(app, 5), [200, 200, 200, 200, 200])
  const refused = await ask(app, { url: '/api/list' })
  assert.equal(refused.statusCode, 429)
  assert.equal(refused.json().kind, 'RateLimit')
  assert.equal(refused.headers['retry-after'], '1')
  await pause(1050)
  assert.deepEqual(await statuses(app, 1), [200])
})

test('answers tell the policies and what is left of them [C1-limit-headers]', async (t) => {
  const { headers } = await ask(buildSmallApp(t, { environment: five }), { url: '/api/list' })
  assert.equal(headers['ratelimit-policy'], '"default";q=5;w=1, "address";q=50;w=1')
  assert.equal(headers.ratelimit, '"default";r=4;t=1, "address";r=49;t=1')
})

test('each host has its own count, however it is written [C1-limit-per-host]', async (t) => {
  const app = buildSmallApp(t, { environment: five })
  await statuses(app, 5)
  assert.deepEqual(await statuses(app, 1, 'acme.localhost:6050'), [200])
  assert.deepEqual(await statuses(app, 1, 'LOCALHOST:6050'), [429])
  assert.deepEqual(await statuses(app, 1, '127.0.0.1:1'), [429])
})

test('invented hosts share one count', async (t) => {
  const app = buildSmallApp(t, { environment: five })
  const found = []
  for (let at = 0; at < 6; at += 1) found.push(...(await statuses(app, 1, `h${at}.evil.test`)))
  assert.deepEqual(found, [421, 421, 421, 421, 421, 429])
})

test('a client has ten times the limit over all hosts [C1-limit-all-hosts]', async (t) => {
  const app = buildSmallApp(t, { environment: one })
  const found = []
  for (let at = 0; at < 11; at += 1) found.push(...(await statuses(app, 1, `name${at}.localhost:6050`)))
  assert.deepEqual(found, [...Array(10).fill(421), 429])
})

test('another client is not held back', async (t) => {
  const app = buildSmallApp(t, { environment: five })
  await statuses(app, 6)
  assert.deepEqual(await statuses(app, 1, home, '127.0.0.2'), [200])
})

test('unknown addresses, malformed requests and pages count too [C1-limit-every-path]', async (t) => {
  const app = buildSmallApp(t, { environment: five })
  for (const url of ['/nothing', '/api/v9/list', '/%ff', '/page', '/assets/other.css'])
    await ask(app, { url })
  assert.deepEqual(await statuses(app, 1), [429])
})

test('probes and static files are not counted [C1-limit-every-path]', async (t) => {
  const app = buildSmallApp(t, { environment: one })
  for (let at = 0; at < 5; at += 1) {
    for (const url of ['/healthz', '/readyz', '/assets/ekso.css'])
      assert.equal((await ask(app, { url })).statusCode, 200)
  }
  assert.deepEqual(await statuses(app, 1), [200])
})

test('a limit of 0 is off [C5-limit-off]', async (t) => {
  const app = buildSmallApp(t)
  assert.ok((await statuses(app, 100)).every((status) => status === 200))
  assert.equal((await ask(app, { url: '/api/list' })).headers.ratelimit, undefined)
})

test('a door adds its own policy to the fields', async (t) => {
  const before = (http: SmallApp['http']) =>
    http.get('/api/own', { config: { access: anyone({ on: 'any' }) } }, (_request, reply) => {
      addLimitState(reply, { name: 'own', quota: 5, windowSeconds: 300, remaining: 4, resetSeconds: 299 })
      return {}
    })
  const { headers } = await ask(buildSmallApp(t, { environment: five, before }), { url: '/api/own' })
  assert.equal(headers['ratelimit-policy'], '"default";q=5;w=1, "address";q=50;w=1, "own";q=5;w=300')
  assert.equal(headers.ratelimit, '"default";r=4;t=1, "address";r=49;t=1, "own";r=4;t=299')
})

const hasRedis = spawnSync('redis-server', ['--version']).status === 0
const needsRedis = { skip: hasRedis ? false : 'redis-server is not on the PATH' }

async function freePort(): Promise<number> {
  const finder = createServer().listen(0, '127.0.0.1')
  await once(finder, 'listening')
  const { port } = finder.address() as { port: number }
  finder.close()
  await once(finder, 'close')
  return port
}

async function startRedis(t: TestContext): Promise<{ REDIS_URL: string; server: ChildProcess }> {
  const port = await freePort()
  const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const server = spawn('redis-server', options)
  t.after(() => server.kill('SIGKILL'))
  let said = ''
  while (!said.includes('Ready to accept')) said += String((await once(server.stdout, 'data'))[0])
  return { REDIS_URL: `redis://127.0.0.1:${port}`, server }
}

test('two nodes with one Redis share the counts [C1-limit-nodes]', needsRedis, async (t) => {
  const { REDIS_URL } = await startRedis(t)
  const environment = { ...five, REDIS_URL }
  const [here, there] = [buildSmallApp(t, { environment }), buildSmallApp(t, { environment })]
  await pause(200)
  assert.deepEqual(await statuses(here, 3), [200, 200, 200])
  assert.deepEqual(await statuses(there, 3), [200, 200, 429])
})

test('a node counts for itself while Redis is gone, and says so once', needsRedis, async (t) => {
  const { REDIS_URL, server } = await startRedis(t)
  const app = buildSmallApp(t, { environment: { ...five, REDIS_URL } })
  await pause(200)
  assert.deepEqual(await statuses(app, 1), [200])
  server.kill('SIGKILL')
  await once(server, 'exit')
  await pause(50)
  assert.deepEqual(await statuses(app, 6), [200, 200, 200, 200, 200, 429])
  assert.equal(app.lines.filter((line) => line.level === 'warn').length, 1)
})

test('a Redis that freezes holds no request for long', needsRedis, async (t) => {
  const { REDIS_URL, server } = await startRedis(t)
  const app = buildSmallApp(t, { environment: { ...five, REDIS_URL } })
  await pause(200)
  await statuses(app, 1)
  server.kill('SIGSTOP')
  const started = performance.now()
  assert.deepEqual(await statuses(app, 1), [200])
  assert.ok(performance.now() - started < 1000)
})

test('a Redis that takes connections and never answers holds no request for long', async (t) => {
  const silent = createServer((socket) => socket.unref()).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.after(() => silent.close())
  const { port } = silent.address() as { port: number }
  const app = buildSmallApp(t, { environment: { ...five, REDIS_URL: `redis://127.0.0.1:${port}` } })
  await pause(100)
  const started = performance.now()
  assert.deepEqual(await statuses(app, 6), [200, 200, 200, 200, 200, 429])
  assert.ok(performance.now() - started < 1000)
})
