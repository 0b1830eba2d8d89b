import type { Logger } from 'pino'
import { buildApp } from './app.ts'
import { isHomeClaimed } from './features/tenancy/home.ts'
import { ensureHome } from './features/tenancy/workspace.ts'
import { systemClock } from './kernel/clock.ts'
import { type DatabaseAddress, openDb } from './kernel/db.ts'
import { checkDatabase } from './kernel/db-check.ts'
import { loadSecret, openSecrets } from './kernel/install-secret.ts'
import { openJobs } from './kernel/jobs.ts'
import { makeLog } from './kernel/log.ts'
import { isMigrated, migrate } from './kernel/migrate.ts'
import { openOutbound } from './kernel/outbound.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './kernel/postgres/embedded-postgres.ts'
import { readSettings, type Settings, SettingsError } from './kernel/settings.ts'
import { stopOnSignal } from './kernel/stop-signal.ts'
import { watchPublicUrl } from './kernel/stored-url.ts'

/** Settings, database, app, listen: the whole way up; the way down is the same backwards. */
async function start(settings: Settings, log: Logger): Promise<void> {
  const undo: (() => Promise<unknown>)[] = []
  const stopping = stopOnSignal(log, undo)
  try {
    const address = await openDatabase(settings, log, undo, stopping.signal)
    await checkDatabase(address)
    await migrate(address, log)
    const db = openDb(address, log)
    undo.push(() => db.close())
    const secrets = await openSecrets(db, await loadSecret(settings))
    await db.install((tx) => ensureHome(tx, systemClock()))
    const isClaimed = await isHomeClaimed(db)
    const watch = await watchPublicUrl({ db, settings, log })
    undo.push(async () => watch.close())
    const jobs = openJobs(address, log)
    const isReady = () => isMigrated(db)
    const parts = {
      settings,
      db,
      jobs,
      secrets,
      clock: systemClock,
      log,
      outbound: openOutbound(),
      publicUrl: watch.current,
      rereadPublicUrl: watch.reread,
      isReady
    }
    const { http } = await buildApp(parts)
    undo.push(() => jobs.stop())
    await jobs.start()
    undo.push(() => http.close())
    await http.listen({ port: settings.port, host: settings.host })
    const publicUrl = watch.current()
    log.info(
      { publicUrl: publicUrl.origin, port: settings.port, host: settings.host },
      `Ekso is ready at ${publicUrl.origin}`
    )
    if (!isClaimed) log.info(`Nobody owns this install yet: open ${publicUrl.origin}/startup`)
  } catch (error) {
    await stopping.stop()
    throw error
  }
}

async function openDatabase(
  settings: Settings,
  log: Logger,
  undo: (() => Promise<unknown>)[],
  signal: AbortSignal
): Promise<DatabaseAddress> {
  if (settings.databaseUrl) return { connectionString: settings.databaseUrl }
  const embedded: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir: settings.dataDir, log, signal })
  undo.push(() => embedded.stop())
  return embedded.connection
}

function fail(log: Logger, error: unknown): void {
  const found = error instanceof Error ? error : new Error(String(error))
  if (found instanceof SettingsError) for (const fault of found.faults) log.fatal(fault)
  log.fatal({ err: found }, found.message)
  process.exitCode = 1
}

try {
  const settings = readSettings()
  const log = makeLog(settings.logLevel)
  for (const warning of settings.warnings) log.warn(warning)
  await start(settings, log).catch((error) => fail(log, error))
} catch (error) {
  fail(makeLog('info'), error)
}
