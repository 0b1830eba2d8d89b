/** Why the embedded PostgreSQL cannot start, in words meant for the operator. */
export class PostgresStartError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'PostgresStartError'
  }
}

/** The `code` of a system or PostgreSQL error, '' when there is none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
