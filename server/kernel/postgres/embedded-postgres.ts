import { closeSync, constants, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findBinaries } from './binaries.ts'
import { type ConnectionSettings, makeRoleAndDatabase } from './claim.ts'
import { inspectDataFolder, makePassableFolder, readPasswords, removeDrafts } from './data-folder.ts'
import { lockFolder } from './folder-lock.ts'
import { type Footing, findFooting } from './footing.ts'
import type { Log } from './postgres-log.ts'
import type { Postmaster } from './postmaster.ts'
import { initialiseDatabase, SUPERUSER, startPostmaster } from './server-process.ts'
import { PORT, type ServerSettings } from './server-settings.ts'
import { type Place, Supervisor } from './supervisor.ts'

export type { ConnectionSettings } from './claim.ts'

export interface EmbeddedPostgresOptions {
  /** The data folder of the server; the database goes into `postgres` in it. */
  dataDir: string
  log: Log
  /** Gives the start up, and stops what it has started. */
  signal?: AbortSignal
  /** Settings of PostgreSQL that go before those in its own file; for tests. */
  settings?: ServerSettings
  /** Whether root may run it in a user namespace; true when not given. */
  namespaces?: boolean
  /** Where programs and data go when PostgreSQL's user can reach them nowhere else. */
  fallbackDir?: string
}

export interface EmbeddedPostgres {
  /** The role `ekso`, an ordinary one, which owns the database `ekso`. */
  connection: ConnectionSettings
  /** For tests and repair only: no row security binds this role. */
  superuser: ConnectionSettings
  /** The main process; another one after a crash. */
  pid(): number
  /** Ends PostgreSQL and waits until it is gone. Safe to call twice. */
  stop(): Promise<void>
}

const ROLE = 'ekso'
// sockaddr_un holds 107 bytes and a zero; "/.s.PGSQL.5432" takes 14 of them.
const LONGEST_HOST_BYTES = 93

/**
 * Starts the PostgreSQL that comes with the server, or takes over the one that a killed server left running,
 * makes its database on the first start, and starts it again whenever it dies, until `stop`. Throws
 * PostgresStartError with a text for the operator.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = await makePassableFolder(options.dataDir)
  const lock = lockFolder(join(dataDir, 'postgres.lock'))
  let socket: Socket | undefined
  try {
    const place = await preparePlace(options, dataDir)
    const passwords = await readPasswords(place.folder)
    socket = socketIn(place.folder)
    const common = { host: socket.host, port: PORT }
    const connection = { ...common, user: ROLE, password: passwords.ekso, database: ROLE }
    const superuser = { ...common, user: SUPERUSER, password: passwords.superuser, database: 'postgres' }
    const supervisor = new Supervisor({ ...place, superuser })
    await supervisor.start((client) => makeRoleAndDatabase(client, ROLE, passwords.ekso), options.signal)
    const end = async (): Promise<void> => {
      await supervisor.stop()
      socket?.close()
      lock.release()
    }
    let ending: Promise<void> | undefined
    return {
      connection,
      superuser,
      pid: () => supervisor.pid,
      stop: () => {
        ending ??= end()
        return ending
      }
    }
  } catch (error) {
    socket?.close()
    lock.release()
    throw error
  }
}

/** Sees to it that there is a database, and knows how to start PostgreSQL on it. */
async function preparePlace(
  options: EmbeddedPostgresOptions,
  dataDir: string
): Promise<Omit<Place, 'superuser'>> {
  const { log, signal, settings = {}, namespaces = true, fallbackDir = '/var/lib/ekso' } = options
  const data = await inspectDataFolder(dataDir)
  const binaries = await findBinaries()
  await removeDrafts(dataDir, log)
  await removeDrafts(dirname(data.path), log)
  const ground = { dataDir, data, binaries, namespaces, fallbackDir, log }
  let footing: Footing | undefined
  if (!data.owner) {
    footing = await findFooting(ground)
    log.info({ folder: footing.folder }, 'embedded PostgreSQL: making the database')
    await initialiseDatabase(footing, namespaces, settings, signal)
  }
  const logPath = join(dataDir, 'postgres.log')
  const start = async (stopped?: AbortSignal): Promise<Postmaster> => {
    footing ??= await findFooting(ground)
    return await startPostmaster(footing, logPath, settings, log, stopped)
  }
  const version = binaries.version.split('.').slice(0, 2).join('.')
  return { folder: footing?.folder ?? data.path, logPath, version, log, start }
}

interface Socket {
  host: string
  close(): void
}

/**
 * A socket's path must be short; behind a long one the folder is reached by way of an open handle of this
 * process.
 */
function socketIn(folder: string): Socket {
  if (Buffer.byteLength(folder) <= LONGEST_HOST_BYTES) return { host: folder, close: () => {} }
  const handle = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  return { host: `/proc/self/fd/${handle}`, close: () => closeSync(handle) }
}
