import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { codeOf, messageOf, PostgresStartError } from './start-error.ts'

export interface FolderLock {
  release(): void
}

const SQLITE_BUSY = 5
// On its way to the exclusive lock SQLite passes a shared one: without patience two at once could both be
// refused.
const PATIENCE_MS = 500

/**
 * Takes a lock on the file for the life of this process; throws PostgresStartError while another one holds
 * it. Node has no file lock of its own, but SQLite's is one: the kernel drops it when its holder dies, and it
 * holds between containers that share a volume, in which PostgreSQL's own check (is the process of
 * postmaster.pid alive?) sees nothing.
 */
export function lockFolder(path: string): FolderLock {
  let database: DatabaseSync | undefined
  try {
    makeFile(path)
    database = new DatabaseSync(path, { timeout: PATIENCE_MS })
    database.exec('pragma journal_mode = memory; pragma locking_mode = exclusive; begin exclusive')
  } catch (error) {
    database?.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) {
      throw new PostgresStartError(
        'Another Ekso server is running on this data folder. Stop it first, or give this one its own EKSO_DATA_DIR.',
        error
      )
    }
    throw new PostgresStartError(
      `The lock file ${path} cannot be opened by this user: ${messageOf(error)}`,
      error
    )
  }
  const held = database
  return { release: () => held.close() }
}

/**
 * Readable by nobody else, who could hold the lock. An existing file is not touched: closing it would drop
 * this process's lock.
 */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}
