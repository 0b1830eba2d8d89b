import type { Law } from './law.ts'
import { type Import, isProof, isTest, readText } from './source.ts'

type Edge = Pick<Import, 'from' | 'to'> & Partial<Import>

const isSchema = (path: string) => path.endsWith('.schema.ts')
const isDoor = (path: string) => /^server\/features\/.+\.(?:routes|pages|tools|skills)\.ts$/.test(path)
const isRules = (path: string) =>
  /^server\/features\//.test(path) && !isDoor(path) && !isSchema(path) && !isTest(path)
const isKernel = (path: string) => path.startsWith('server/kernel/') && !isProof(path)
const isServer = (path: string) => path.startsWith('server/') && !isProof(path)
const isPackage = (name: string) => !/^(?:server|web|laws|testing|bench|node:)/.test(name)
const featureOf = (path: string) => /^server\/features\/([^/]+)\//.exec(path)?.[1]
const packageOf = (name: string) => name.split('/', name.startsWith('@') ? 2 : 1).join('/')

const manifest = JSON.parse(readText('package.json')) as Record<string, Record<string, string>>
const shipped = new Set([
  ...Object.keys(manifest.dependencies ?? {}),
  ...Object.keys(manifest.optionalDependencies ?? {})
])

/** Whether an import takes nothing but types and the named harmless values. */
function takesOnly(edge: Edge, harmless: RegExp): boolean {
  if (edge.isType) return true
  const names = /^\{([^}]*)\}/.exec(edge.names ?? '')?.[1]
  if (names === undefined) return false
  const values = names.split(',').map((name) => name.trim())
  return values.every(
    (name) => name === '' || /^type\s/.test(name) || harmless.test(name.split(/\s/)[0] ?? '')
  )
}

/** A package whose values only some files may import. Types of it are free. */
function reserved(
  say: string,
  packages: RegExp,
  owners: RegExp,
  harmless: RegExp,
  bad: Edge[],
  fine: Edge[]
): Law<Edge> {
  return {
    say,
    broken: (edge) =>
      isServer(edge.from) && packages.test(edge.to) && !owners.test(edge.from) && !takesOnly(edge, harmless),
    bad,
    fine
  }
}

const nothing = /^$/
const item = 'server/features/items/item.ts'

const directions: Law<Edge>[] = [
  {
    say: 'the browser sees schemas, never the server',
    broken: ({ from, to }) => from.startsWith('web/') && to.startsWith('server/') && !isSchema(to),
    bad: [{ from: 'web/pages/board/board.api.ts', to: item }],
    fine: [{ from: 'web/pages/board/board.api.ts', to: 'server/features/items/item.schema.ts' }]
  },
  {
    say: 'the server knows no browser',
    broken: ({ from, to }) => isServer(from) && to.startsWith('web/'),
    bad: [{ from: 'server/app.ts', to: 'web/main.tsx' }],
    fine: [{ from: 'web/main.tsx', to: 'web/kit/button.tsx' }]
  },
  {
    say: 'schemas know TypeBox and schemas only',
    broken: ({ from, to }) => isSchema(from) && to !== 'typebox' && !isSchema(to),
    bad: [
      { from: 'server/features/items/item.schema.ts', to: 'server/kernel/db.ts' },
      { from: 'server/features/items/item.schema.ts', to: 'fastify' }
    ],
    fine: [{ from: 'server/features/items/item.schema.ts', to: 'typebox' }]
  },
  {
    say: 'the kernel knows no feature and nothing above it',
    broken: ({ from, to }) => isKernel(from) && isServer(to) && !isKernel(to),
    bad: [
      { from: 'server/kernel/jobs.ts', to: item },
      { from: 'server/kernel/http/http.ts', to: 'server/app.ts' }
    ],
    fine: [{ from: 'server/kernel/migrate.ts', to: 'server/kernel/db.ts' }]
  },
  {
    say: 'rules know no door',
    broken: ({ from, to }) => isRules(from) && isDoor(to),
    bad: [{ from: item, to: 'server/features/items/item.routes.ts' }],
    fine: [{ from: 'server/features/items/item.tools.ts', to: item }]
  },
  {
    say: 'rules know no transport',
    broken: ({ from, to }) =>
      isRules(from) && (/^@?fastify(?:\/|$)/.test(to) || to.startsWith('server/kernel/http/')),
    bad: [
      { from: item, to: 'fastify' },
      { from: item, to: '@fastify/swagger' },
      { from: item, to: 'server/kernel/http/http.ts' }
    ],
    fine: [{ from: 'server/features/items/item.routes.ts', to: 'server/kernel/http/http.ts' }]
  },
  {
    say: 'a feature reaches another one through its rules and schemas, never through its door',
    broken: ({ from, to }) =>
      isServer(from) && !!featureOf(from) && isDoor(to) && featureOf(from) !== featureOf(to),
    bad: [{ from: 'server/features/mcp/mcp.routes.ts', to: 'server/features/items/item.routes.ts' }],
    fine: [{ from: 'server/features/boards/board.ts', to: item }]
  },
  {
    say: 'app.ts stands on top, main.ts above it',
    broken: ({ from, to }) =>
      !isProof(from) && (to === 'server/main.ts' || (to === 'server/app.ts' && from !== 'server/main.ts')),
    bad: [
      { from: item, to: 'server/app.ts' },
      { from: 'server/app.ts', to: 'server/main.ts' }
    ],
    fine: [{ from: 'server/main.ts', to: 'server/app.ts' }]
  },
  {
    say: 'nobody imports a test, and only tests import what was made for tests',
    broken: ({ from, to }) => isTest(to) || (isProof(to) && !isProof(from)),
    bad: [
      { from: 'server/app.ts', to: 'testing/world.ts' },
      { from: 'server/features/items/item.test.ts', to: 'server/features/boards/board.test.ts' }
    ],
    fine: [{ from: 'server/features/items/item.test.ts', to: 'testing/world.ts' }]
  },
  {
    say: 'the server runs on its dependencies alone',
    broken: (edge) =>
      isServer(edge.from) && !edge.isType && isPackage(edge.to) && !shipped.has(packageOf(edge.to)),
    bad: [{ from: 'server/main.ts', to: 'smtp-server' }],
    fine: [
      { from: 'server/main.ts', to: 'fastify' },
      { from: 'server/kernel/settings.ts', to: 'typebox/value' }
    ]
  }
]

const doors: Law<Edge>[] = [
  reserved(
    'connections to the database are opened only in kernel/db.ts and kernel/postgres/',
    /^(?:pg|pg-pool|postgres)$/,
    /^server\/kernel\/(?:db\.ts|postgres\/)/,
    nothing,
    [{ from: item, to: 'pg', names: 'pg' }],
    [
      { from: item, to: 'pg', names: 'pg', isType: true },
      { from: 'server/kernel/db.ts', to: 'pg', names: 'pg' }
    ]
  ),
  reserved(
    'jobs are queued only through kernel/jobs.ts',
    /^pg-boss$/,
    /^server\/kernel\/jobs\.ts$/,
    nothing,
    [{ from: item, to: 'pg-boss', names: '{ PgBoss }' }],
    [{ from: 'server/kernel/jobs.ts', to: 'pg-boss', names: '{ PgBoss }' }]
  ),
  reserved(
    'outbound HTTP leaves only through kernel/outbound.ts',
    /^(?:node:https?|node:http2|node:tls|node:dns(?:\/promises)?|undici|axios|got)$/,
    /^server\/kernel\/outbound(?:-[a-z-]+)?\.ts$/,
    /^(?:createServer|STATUS_CODES)$/,
    [
      { from: item, to: 'node:https', names: 'https' },
      { from: item, to: 'node:http', names: '{ request }' },
      { from: item, to: 'node:http', names: '{ createServer, request as ask }' },
      { from: item, to: 'undici', names: '{ fetch }' }
    ],
    [
      { from: 'server/kernel/http/http.ts', to: 'node:http', names: '{ STATUS_CODES }' },
      { from: 'server/kernel/outbound.ts', to: 'undici', names: '{ Agent }' }
    ]
  ),
  reserved(
    'sockets are opened only in kernel/outbound.ts and kernel/postgres/',
    /^(?:node:net|node:dgram)$/,
    /^server\/kernel\/(?:outbound(?:-[a-z-]+)?\.ts|postgres\/)/,
    /^(?:isIP|isIPv4|isIPv6|BlockList|SocketAddress)$/,
    [{ from: item, to: 'node:net', names: '{ connect }' }],
    [{ from: 'server/kernel/http/client-address.ts', to: 'node:net', names: '{ isIP, type Socket }' }]
  ),
  reserved(
    'mail leaves only through the mail kernel',
    /^nodemailer(?:\/|$)/,
    /^server\/kernel\/(?:mail|smtp)/,
    nothing,
    [{ from: 'server/features/onboarding/signup.ts', to: 'nodemailer', names: '{ createTransport }' }],
    [{ from: 'server/kernel/mail/transport.ts', to: 'nodemailer', names: '{ createTransport }' }]
  ),
  reserved(
    'programs are started only in kernel/postgres/',
    /^node:(?:child_process|cluster|worker_threads)$/,
    /^server\/kernel\/postgres\//,
    nothing,
    [{ from: item, to: 'node:child_process', names: '{ exec }' }],
    [{ from: 'server/kernel/postgres/postmaster.ts', to: 'node:child_process', names: '{ spawn }' }]
  )
]

/** Who may import what. Each arrow points one way: doors, rules, kernel; schemas are leaves. */
export const importLaws: Law<Edge>[] = [...directions, ...doors]

/** The files of one import cycle, or nothing. */
export function findCycle(edges: Edge[]): string[] {
  const next = new Map<string, string[]>()
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to])
  const done = new Set<string>()
  const walk = (path: string[]): string[] => {
    const here = path.at(-1) as string
    const seen = path.indexOf(here)
    if (seen < path.length - 1) return path.slice(seen)
    if (done.has(here)) return []
    for (const to of next.get(here) ?? []) {
      const found = walk([...path, to])
      if (found.length > 0) return found
    }
    done.add(here)
    return []
  }
  for (const from of next.keys()) {
    const found = walk([from])
    if (found.length > 0) return found
  }
  return []
}
