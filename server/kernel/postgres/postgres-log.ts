import { copyFile, stat, truncate } from 'node:fs/promises'
import { codeOf } from './start-error.ts'

/** The part of pino's logger that is used here. */
export interface Log {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

const LIMIT_BYTES = 5_000_000

/** Keeps PostgreSQL's own log small: beyond 5 MB it moves to `.1`, of which there is one, and starts anew. */
export async function boundLogFile(path: string): Promise<void> {
  try {
    if ((await stat(path)).size <= LIMIT_BYTES) return
    await copyFile(path, `${path}.1`)
    // The writer appends, so it goes on at the new end.
    await truncate(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}
