import { setTimeout as sleep } from 'node:timers/promises'
import { buildApp } from '#server/app.ts'
import { ensureHome } from '#server/features/tenancy/workspace.ts'
import { addSeconds } from '#server/kernel/clock.ts'
import { type Db, openDb } from '#server/kernel/db.ts'
import type { Http } from '#server/kernel/http/http-type.ts'
import { openSecrets } from '#server/kernel/install-secret.ts'
import { openJobs } from '#server/kernel/jobs.ts'
import type { LetterBody } from '#server/kernel/letter.ts'
import { makeLog } from '#server/kernel/log.ts'
import type { Means } from '#server/kernel/means.ts'
import { isMigrated } from '#server/kernel/migrate.ts'
import { type Outbound, openOutbound } from '#server/kernel/outbound.ts'
import type { Secrets } from '#server/kernel/secrets.ts'
import { readSettings } from '#server/kernel/settings.ts'
import { watchPublicUrl } from '#server/kernel/stored-url.ts'
import { createDatabase, type TestDatabase } from './database.ts'

export type Answer = {
  status: number
  headers: Record<string, string | undefined>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any
  text: string
}

export type CallOptions = {
  body?: unknown
  headers?: Record<string, string>
  /** The address of the client; every test takes its own, since limits count by it. */
  from?: string
  host?: string
  /** A form of a page: sent url-encoded, from the page's own origin. */
  form?: Record<string, string> | [string, string][]
}

/** A whole server over a database of its own, with a clock that the test moves. */
export type World = {
  http: Http
  db: Db
  secrets: Secrets
  /** What rules are handed, at the moment of the test's clock. */
  means: () => Means
  database: TestDatabase
  /** `call('POST /api/…', { body })` */
  call(what: string, options?: CallOptions): Promise<Answer>
  now(): Date
  /** Moves the clock on. */
  pass(seconds: number): void
  /** Another client address each time. */
  stranger(): string
  /** What was mailed to an address, newest first. */
  letters(to: string): Promise<(LetterBody & { kind: string })[]>
  /** Lines of the log, as objects. */
  lines: Record<string, unknown>[]
  /** Another server on the same database, as on a second node. */
  twin(environment?: Record<string, string>): Promise<World>
}

const secret = 'a secret of the tests, thirty-two bytes or more'
let strangers = 0

/** Starts a server in this process; it ends with the test or file that `t` belongs to. Environment as for `npm start`. */
export async function openWorld(
  t: { after(end: () => Promise<void>): void },
  name: string,
  environment: Record<string, string> = {},
  options: { outbound?: Outbound; database?: TestDatabase } = {}
): Promise<World> {
  const database = options.database ?? (await createDatabase(name))
  const ends: (() => Promise<void>)[] = []
  t.after(async () => {
    for (const end of ends.reverse()) await end()
    if (!options.database) await database.drop()
  })
  return openServer(database, ends, environment, options.outbound ?? openOutbound())
}

async function openServer(
  database: TestDatabase,
  ends: (() => Promise<void>)[],
  environment: Record<string, string>,
  outbound: Outbound
): Promise<World> {
  const lines: Record<string, unknown>[] = []
  const log = makeLog('debug', { write: (line) => void lines.push(JSON.parse(line)) })
  // Off, since tests send faster than people; tests of the limit switch it on.
  const settings = readSettings({ EKSO_RATE_LIMIT: '0', EKSO_SECRET: secret, ...environment })
  const db = openDb(database.connection, log)
  const jobs = openJobs(database.connection, log)
  let now = new Date()
  const clock = () => now
  const secrets = await openSecrets(db, secret)
  await db.install((tx) => ensureHome(tx, now))
  const watch = await watchPublicUrl({ db, settings, log })
  const { current: publicUrl, reread: rereadPublicUrl } = watch
  const isReady = () => isMigrated(db)
  const parts = { settings, db, jobs, secrets, clock, log, outbound, publicUrl, rereadPublicUrl, isReady }
  const { http, means } = await buildApp(parts)
  await jobs.start()
  ends.push(async () => {
    await http.close()
    await jobs.stop(1)
    watch.close()
    await db.close()
  })
  return {
    http,
    db,
    secrets,
    means,
    database,
    lines,
    now: clock,
    pass: (seconds) => {
      now = addSeconds(now, seconds)
    },
    stranger: nextStranger,
    letters: (to) => readLetters(db, secrets, to),
    call: (what, options = {}) => callHttp(http, publicUrl(), what, options),
    twin: (another = environment) => openServer(database, ends, another, outbound)
  }
}

function nextStranger(): string {
  strangers += 1
  return `10.${(strangers >> 16) & 255}.${(strangers >> 8) & 255}.${strangers & 255}`
}

async function callHttp(http: Http, publicUrl: URL, what: string, options: CallOptions): Promise<Answer> {
  const [method = 'GET', url = '/'] = what.split(' ')
  const host = options.host ?? publicUrl.host
  const isForm = options.form !== undefined
  const payload = isForm ? new URLSearchParams(options.form).toString() : options.body
  const type = isForm
    ? { 'content-type': 'application/x-www-form-urlencoded', origin: `${publicUrl.protocol}//${host}` }
    : payload === undefined
      ? {}
      : { 'content-type': 'application/json' }
  const reply = await http.inject({
    method: method as 'GET',
    url,
    headers: { host, ...type, ...options.headers },
    ...(payload === undefined ? {} : { payload: payload as string | object }),
    remoteAddress: options.from ?? nextStranger()
  })
  const isJson = String(reply.headers['content-type'] ?? '').includes('json')
  return {
    status: reply.statusCode,
    headers: reply.headers as Answer['headers'],
    body: isJson && reply.payload ? JSON.parse(reply.payload) : undefined,
    text: reply.payload
  }
}

async function readLetters(db: Db, secrets: Secrets, to: string): Promise<(LetterBody & { kind: string })[]> {
  const rows = await db.install((tx) =>
    tx
      .selectFrom('outbox')
      .select(['kind', 'sealed'])
      .orderBy('created', 'desc')
      .orderBy('id', 'desc')
      .execute()
  )
  return rows
    .flatMap(({ kind, sealed }) =>
      sealed ? [{ kind, ...(JSON.parse(secrets.open('outbox', sealed)) as LetterBody) }] : []
    )
    .filter((letter) => letter.to.toLowerCase() === to.toLowerCase())
}

/** Waits until something holds; throws after `waitMs`. */
export async function until(holds: () => Promise<boolean> | boolean, waitMs = 10_000): Promise<void> {
  for (let waited = 0; waited < waitMs; waited += 25) {
    if (await holds()) return
    await sleep(25)
  }
  throw new Error(`It did not come to be within ${waitMs} ms.`)
}
