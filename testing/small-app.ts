import { type AddressInfo, connect } from 'node:net'
import { Writable } from 'node:stream'
import type { TestContext } from 'node:test'
import Type from 'typebox'
import { anyone, page } from '#server/kernel/http/access.ts'
import { answerProblem } from '#server/kernel/http/errors.ts'
import { buildHttp, type HttpOptions } from '#server/kernel/http/http.ts'
import type { Http } from '#server/kernel/http/http-type.ts'
import type { Tenant } from '#server/kernel/http/tenant-host.ts'
import { makeLog } from '#server/kernel/log.ts'
import { readSettings } from '#server/kernel/settings.ts'

const tenants: Tenant[] = [
  { id: 'a00000000000', domain: null, isHome: true, isClosed: false, name: 'Home' },
  { id: 'a11111111111', domain: 'acme', isHome: false, isClosed: false, name: 'Acme' },
  { id: 'a22222222222', domain: 'gone', isHome: false, isClosed: true, name: 'Gone' }
]

export type SmallApp = { http: Http; lines: Record<string, unknown>[] }
type Changes = Partial<HttpOptions> & { environment?: Record<string, string>; before?: (http: Http) => void }

/** The HTTP shell with a handful of doors, on `http://localhost:6050`. Limits are off unless the environment says. */
export function buildSmallApp(t: TestContext, changes: Changes = {}): SmallApp {
  const { environment, before, ...options } = changes
  const settings = readSettings({ EKSO_RATE_LIMIT: '0', ...environment })
  const lines: Record<string, unknown>[] = []
  const write = (chunk: Buffer, _encoding: string, done: () => void) => {
    for (const line of String(chunk).trim().split('\n')) lines.push(JSON.parse(line))
    done()
  }
  const http = buildHttp({
    settings,
    publicUrl: () => settings.publicUrl,
    log: makeLog('debug', new Writable({ write })),
    findTenant: async (meaning) =>
      tenants.find(({ isHome, domain }) =>
        meaning.kind === 'home' ? isHome : meaning.kind === 'workspace' && domain === meaning.domain
      ),
    isReady: async () => true,
    stopGraceSeconds: 2,
    ...options
  })
  before?.(http)
  addDoors(http)
  t.after(() => http.close())
  return { http, lines }
}

const Thing = Type.Object(
  {
    name: Type.String({ minLength: 2, maxLength: 5 }),
    kind: Type.Optional(Type.Union([Type.Literal('bug'), Type.Literal('task')])),
    size: Type.Optional(Type.Integer()),
    place: Type.Optional(Type.Object({ city: Type.String() }, { additionalProperties: false })),
    tags: Type.Optional(Type.Array(Type.String(), { maxItems: 2 }))
  },
  { additionalProperties: false }
)
const Bounds = Type.Object({ limit: Type.Optional(Type.Integer()) }, { additionalProperties: false })

const any = { config: { access: anyone({ on: 'any' }) } }

function addDoors(http: Http): void {
  http.post('/api/thing', { ...any, schema: { body: Thing } }, (request) => request.body)
  http.post('/api/small', { ...any, bodyLimit: 100 }, (request) => ({ got: request.body ?? 'nothing' }))
  http.get('/api/list', { ...any, schema: { querystring: Bounds } }, (request) => request.query)
  http.get('/api/thing/:id', any, (request) => ({
    tenant: request.tenant.name,
    client: request.clientAddress
  }))
  http.get('/api/home', { config: { access: anyone({ on: 'home' }) } }, (request) => ({
    tenant: request.tenant.name
  }))
  http.get('/api/crash', any, async (_request, reply) => {
    reply.header('etag', '"1"')
    throw new Error('password=hunter2')
  })
  http.get('/api/slow', any, async () => {
    await new Promise((resolve) => setTimeout(resolve, 200))
    return { ok: true }
  })
  addWrappedDoor(http)
  const access = page({ on: 'any' })
  http.get('/page', { config: { access } }, (_request, reply) =>
    reply.type('text/html; charset=utf-8').send('<p>page</p>')
  )
  http.post('/page', { config: { access } }, (request) => ({ form: request.body }))
}

function addWrappedDoor(http: Http): void {
  http.post(
    '/api/wrapped',
    {
      ...any,
      schema: { body: Thing },
      errorHandler: (error, request, reply) =>
        answerProblem(error, request, reply, async (found) => ({ fields: [], retry: found.row.retry }))
    },
    (request) => request.body
  )
}

type Ask = { method?: string; url: string; host?: string; headers?: Record<string, string>; body?: unknown }

/** Asks the app without a socket; the Host is the public one unless named. Text and bytes go out as they are. */
export function ask(app: SmallApp, { method = 'GET', url, host = 'localhost:6050', headers, body }: Ask) {
  return app.http.inject({
    method: method as 'GET',
    url,
    headers: { host, ...headers },
    ...(body === undefined ? {} : { payload: body as object })
  })
}

/** Starts the app on a free port and gives the port. */
export async function listen(app: SmallApp): Promise<number> {
  await app.http.listen({ port: 0, host: '127.0.0.1' })
  return (app.http.server.address() as AddressInfo).port
}

/** Sends bytes over a socket and gives all that came back until the server closed it or `waitMs` were over. */
export function sendRaw(port: number, parts: (string | Buffer)[], waitMs = 500): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    const finish = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(finish, waitMs)
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('close', finish)
    socket.on('error', reject)
    for (const part of parts) socket.write(part)
  })
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
