import { rmSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseAddress } from '#server/kernel/db.ts'
import { openJobs } from '#server/kernel/jobs.ts'
import { makeLog } from '#server/kernel/log.ts'
import { migrate } from '#server/kernel/migrate.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#server/kernel/postgres/embedded-postgres.ts'
import { handOnSettings, makeTemplate } from './database.ts'

// For `node --test --test-global-setup=testing/postgres.ts`: one PostgreSQL for the whole run, empty at its
// start, gone at its end.

const silent = { info: () => {}, warn: () => {}, error: console.error }
const careless = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' }

let folder = ''
let starting: Promise<EmbeddedPostgres> | undefined
let server: EmbeddedPostgres | undefined

export async function globalSetup(): Promise<void> {
  const interrupted = new AbortController()
  folder = await mkdtemp(join(tmpdir(), 'ekso-test-'))
  endWithTheRun(interrupted)
  try {
    await setUp(interrupted.signal)
  } catch (error) {
    // The signal's handler is at work and will end this process.
    if (interrupted.signal.aborted) await new Promise(() => {})
    await globalTeardown()
    throw error
  }
}

async function setUp(signal: AbortSignal): Promise<void> {
  // PostgreSQL's user must pass through it when the tests run as root.
  await chmod(folder, 0o711)
  starting = startEmbeddedPostgres({ dataDir: folder, log: silent, signal, settings: careless })
  server = await starting
  const settings = { connection: server.connection, superuser: server.superuser }
  handOnSettings(settings)
  await makeTemplate(settings, bringIntoShape)
}

async function bringIntoShape(address: DatabaseAddress): Promise<void> {
  const log = makeLog('silent')
  await migrate(address, log)
  const jobs = openJobs(address, log)
  await jobs.start()
  await jobs.stop()
}

export async function globalTeardown(): Promise<void> {
  const started = await starting?.catch(() => undefined)
  await started?.stop()
  server = undefined
  await rm(folder, { recursive: true, force: true })
}

/**
 * A run that is interrupted skips its teardown; one that ends in the midst can do only what needs no waiting.
 */
function endWithTheRun(interrupted: AbortController): void {
  process.once('exit', () => {
    try {
      if (server) process.kill(server.pid(), 'SIGQUIT')
    } catch {
      // It is gone already.
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      interrupted.abort()
      void globalTeardown().finally(() => process.exit(1))
    })
  }
}
