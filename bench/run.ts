import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { startEmbeddedPostgres } from '#server/kernel/postgres/embedded-postgres.ts'
import { type Load, loadServer } from './load.ts'
import { startWatched, type WatchedServer } from './watched-server.ts'

// `npm run bench`: how fast the server starts, answers and writes on this machine, into bench/results.md. Speed is
// measured and never asserted: a bar that was missed is shown as missed.

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' } } })
const seconds = Number(values.seconds)
const folder = mkdtempSync(join(tmpdir(), 'ekso-bench-'))
chmodSync(folder, 0o711)
const secret = 'a secret of the benchmark, of thirty-two bytes or more'
const clients = 8
const mainFile = new URL('../server/main.ts', import.meta.url)
const loadBefore = loadavg()[0] ?? 0

type Row = { what: string; value: string; bar?: string; isMet?: boolean }
const rows: Row[] = []

function add(row: Row): void {
  rows.push(row)
  console.log(
    `${row.what}: ${row.value}${row.bar ? ` (bar ${row.bar}: ${row.isMet ? 'met' : 'MISSED'})` : ''}`
  )
}

const ms = (value: number) => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`

/** The middle one of an odd number of tries. */
async function median(tries: number, measure: (at: number) => Promise<number>): Promise<number> {
  const found: number[] = []
  for (let at = 0; at < tries; at++) found.push(await measure(at))
  return found.sort((one, other) => one - other)[Math.floor(tries / 2)] ?? 0
}

function startServer(data: string): Promise<WatchedServer> {
  const environment = {
    EKSO_DATA_DIR: join(folder, data),
    EKSO_SECRET: secret,
    EKSO_PUBLIC_URL: 'http://localhost:6050',
    EKSO_TRUSTED_PROXIES: '127.0.0.1',
    EKSO_RATE_LIMIT: '0',
    EKSO_MAIL_PER_DAY: '0'
  }
  return startWatched(mainFile, environment, '/readyz')
}

let signups = 0

/** Step 1 of a sign-up, of another person at another address each time. */
function beginRequest(): string {
  signups += 1
  const word = `bench${signups.toString(36)}`
  const body = JSON.stringify({
    name: 'Jane Smith',
    email: `jane@${word}.example`,
    company: 'Acme Corp',
    domain: word
  })
  const address = `10.${(signups >> 16) & 255}.${(signups >> 8) & 255}.${signups & 255}`
  return `POST /api/bo/on/agent/code HTTP/1.1\r\nHost: localhost:6050\r\nX-Forwarded-For: ${address}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

async function beginSignup(port: number): Promise<string> {
  const [head = '', body = ''] = beginRequest().split('\r\n\r\n')
  const from = /X-Forwarded-For: (\S+)/.exec(head)?.[1] ?? ''
  const answer = await fetch(`http://127.0.0.1:${port}/api/bo/on/agent/code`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
    body
  })
  return ((await answer.json()) as { signupId: string }).signupId
}

function addLoad(what: string, load: Load): void {
  const { perSecond, p50Ms, p99Ms, worstMs, statuses } = load
  const others = Object.keys(statuses).filter((status) => status !== '200')
  const failed = others.length > 0 ? `; NOT 200: ${JSON.stringify(statuses)}` : ''
  add({
    what,
    value: `${perSecond.toFixed(0)}/s, p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)}, worst ${ms(worstMs)}${failed}`
  })
}

async function measureStarts(): Promise<void> {
  const firstMs = await median(3, async (at) => {
    const server = await startServer(`first-${at}`)
    await server.end()
    return server.startedMs
  })
  add({ what: 'First start, from an empty folder to the first answer', value: ms(firstMs) })
  const againMs = await median(5, async () => {
    const server = await startServer('first-0')
    await server.end()
    return server.startedMs
  })
  add({
    what: 'Start with existing data to the first answer',
    value: ms(againMs),
    bar: '2 s',
    isMet: againMs <= 2000
  })
}

async function measureIdle(server: WatchedServer): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5000))
  const { rssBytes } = await server.look()
  const mebibytes = rssBytes / 2 ** 20
  add({
    what: 'Memory of the server process, idle (PostgreSQL is apart)',
    value: `${mebibytes.toFixed(0)} MiB`,
    bar: '150 MB',
    isMet: rssBytes <= 150e6
  })
}

async function measureWrites(server: WatchedServer): Promise<void> {
  await loadServer(server.port, 1, 2, beginRequest)
  const alone = await loadServer(server.port, 1, Math.min(seconds, 10), beginRequest)
  addLoad('Step 1 of a sign-up, 1 client (durable commits)', alone)
  await server.look('reset')
  const together = await loadServer(server.port, clients, seconds, beginRequest)
  const { loopDelayP99Ms, rssBytes } = await server.look()
  addLoad(`Step 1 of a sign-up, ${clients} clients, ${seconds} s`, together)
  const ratio = together.p99Ms / together.p50Ms
  add({ what: '… its p99 against its p50', value: `${ratio.toFixed(1)} ×`, bar: '10 ×', isMet: ratio <= 10 })
  add({
    what: '… event loop delay meanwhile, p99 (a timer of 10 ms included)',
    value: ms(loopDelayP99Ms),
    bar: '50 ms',
    isMet: loopDelayP99Ms <= 50
  })
  add({ what: '… memory of the server process after it', value: `${(rssBytes / 2 ** 20).toFixed(0)} MiB` })
}

async function measureReads(server: WatchedServer): Promise<string> {
  const signupId = await beginSignup(server.port)
  const request = () => `GET /api/bo/on/agent/signups/${signupId} HTTP/1.1\r\nHost: localhost:6050\r\n\r\n`
  await loadServer(server.port, clients, 2, request)
  const load = await loadServer(server.port, clients, Math.min(seconds, 20), request)
  addLoad(`Status of a sign-up, ${clients} clients`, load)
  readsPerSecond = load.perSecond
  return signupId
}

let readsPerSecond = 0

async function measureFloor(signupId: string): Promise<string> {
  const silent = { info: () => {}, warn: () => {}, error: console.error }
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'first-0'), log: silent })
  try {
    const bare = await startWatched(
      new URL('./bare-server.ts', import.meta.url),
      { DATABASE: JSON.stringify(postgres.connection), SECRET: secret },
      '/'
    )
    const request = () => `GET /api/bo/on/agent/signups/${signupId} HTTP/1.1\r\nHost: localhost\r\n\r\n`
    await loadServer(bare.port, clients, 2, request)
    const load = await loadServer(bare.port, clients, Math.min(seconds, 20), request)
    await bare.end()
    addLoad(`… the floor: bare Fastify, same pool and queries, ${clients} clients`, load)
    add({
      what: '… the server against its floor',
      value: `${((100 * readsPerSecond) / load.perSecond).toFixed(0)} %`
    })
    const client = new pg.Client(postgres.connection)
    await client.connect()
    const version = await client.query<{ name: string }>(`select current_setting('server_version') as name`)
    await client.end()
    return version.rows[0]?.name ?? ''
  } finally {
    await postgres.stop()
  }
}

function git(...words: string[]): string {
  try {
    return execFileSync('git', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return ''
  }
}

function writeResults(postgresVersion: string): void {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`
  const judged = ({ isMet }: Row) => (isMet === undefined ? '' : isMet ? 'met' : '**missed**')
  const lines = [
    '# Measured',
    '',
    'Generated by `npm run bench`. Client and server share the machine, so each takes from the other.',
    '',
    `- ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, Ekso ${version}, commit ${git('rev-parse', '--short', 'HEAD')}`,
    `- Node ${process.versions.node}, PostgreSQL ${postgresVersion} (embedded, durable commits), ${process.platform} ${process.arch}`,
    `- ${machine}`,
    `- Load average ${loadBefore.toFixed(1)} before the run${loadBefore > 0.5 ? ': others were at work on this machine, so the numbers are pessimistic' : ''}`,
    '',
    '| What | Measured | Bar | |',
    '|---|---|---|---|',
    ...rows.map((row) => `| ${row.what} | ${row.value} | ${row.bar ?? ''} | ${judged(row)} |`),
    ''
  ]
  writeFileSync(new URL('./results.md', import.meta.url), lines.join('\n'))
}

try {
  await measureStarts()
  const server = await startServer('first-0')
  await measureIdle(server)
  await measureWrites(server)
  const signupId = await measureReads(server)
  await server.end()
  writeResults(await measureFloor(signupId))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
