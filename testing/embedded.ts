import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import type {
  ConnectionSettings,
  EmbeddedPostgresOptions
} from '#server/kernel/postgres/embedded-postgres.ts'

/** Settings that make databases of tests quick. */
export const quick = { fsync: 'off', full_page_writes: 'off' }

export interface KeptLog {
  lines: string[]
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

export function keepLog(): KeptLog {
  const lines: string[] = []
  const keep = (details: object, message: string): void => {
    lines.push(`${message} ${JSON.stringify(details)}`)
  }
  return { lines, info: keep, warn: keep, error: keep }
}

/**
 * A new folder that any user may pass through; removed by `remove`, with all PostgreSQL processes that still
 * work in it.
 */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'ekso-pg-'))
  await chmod(path, 0o711)
  const remove = async (): Promise<void> => {
    for (const pid of await processesIn(path)) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended with its parent.
      }
    }
    await rm(path, { recursive: true, force: true, maxRetries: 5 })
  }
  return { path, remove }
}

/** The processes that work in this folder or one in it, or were started on it, and their children. */
export async function processesIn(folder: string): Promise<number[]> {
  const found = new Set<number>()
  // In the order of their numbers; parents come first.
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  for (const pid of pids.sort((one, other) => one - other)) {
    const works = await readlink(`/proc/${pid}/cwd`).catch(() => '')
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
    const parent = await numberInStat(pid, PARENT).catch(() => 0)
    if (
      [works, ...words].some((path) => path === folder || path.startsWith(`${folder}/`)) ||
      found.has(parent)
    ) {
      found.add(pid)
    }
  }
  found.delete(process.pid)
  return [...found]
}

export function sessionOf(pid: number): Promise<number> {
  return numberInStat(pid, SESSION)
}

// Places in /proc/pid/stat behind the name.
const PARENT = 1
const SESSION = 3

async function numberInStat(pid: number, place: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[place])
}

export async function ask(settings: ConnectionSettings, sql: string): Promise<Record<string, unknown>> {
  const client = new pg.Client({ ...settings, connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows[0] ?? {}
  } finally {
    await client.end()
  }
}

/** Asks until it is true, for ten seconds at most. */
export async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (let step = 0; step < 200; step++) {
    if (await isTrue().catch(() => false)) return
    await wait(50)
  }
  throw new Error('did not come true within ten seconds')
}

export interface ServerProcess {
  child: ChildProcess
  /** What it says once it is up or has failed. */
  answer: Promise<{
    pid: number
    connection: ConnectionSettings
    superuser: ConnectionSettings
    error?: string
  }>
  /** Sends the signal and waits for its end. */
  kill(signal: NodeJS.Signals): Promise<void>
}

/** Starts a server as a process of its own, as another user when a number is given. */
export function spawnServer(
  options: Omit<EmbeddedPostgresOptions, 'log' | 'signal'>,
  uid?: number
): ServerProcess {
  const script = join(import.meta.dirname, 'postgres-server.ts')
  const child = spawn(process.execPath, [script, JSON.stringify({ settings: quick, ...options })], {
    cwd: dirname(import.meta.dirname),
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(uid !== undefined && { uid, gid: uid })
  })
  const exited = once(child, 'exit')
  const answer = (async () => {
    if (child.stdout) for await (const line of createInterface(child.stdout)) return JSON.parse(line)
    throw new Error('the server ended without a word')
  })()
  answer.catch(() => {})
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await exited
  }
  return { child, answer, kill }
}
