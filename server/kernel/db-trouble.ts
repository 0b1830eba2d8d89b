// SQLSTATEs of PostgreSQL (appendix A) and error codes of Node's sockets.
const unreachableStates = new Set([
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '08000',
  '08003',
  '08006',
  '08001',
  '08004'
])
const unreachableSockets = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN'
])
const unreachableSayings =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Cannot use a pool after calling end/
const repeatableStates = new Set(['40001', '40P01'])

/** Whether the database could not be reached or broke off, as opposed to refusing a statement. */
export function isConnectionTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof AggregateError) return error.errors.some(isConnectionTrouble)
  const errorCode = sqlState(error) ?? ''
  return (
    unreachableStates.has(errorCode) ||
    unreachableSockets.has(errorCode) ||
    unreachableSayings.test(error.message)
  )
}

/** Whether the same transaction may succeed when run again: a deadlock or serialisation failure. */
export function isWorthRepeating(error: unknown): boolean {
  return repeatableStates.has(sqlState(error) ?? '')
}

/** The five-character SQLSTATE of a database error, or a socket error's code. */
export function sqlState(error: unknown): string | undefined {
  const found = (error as { code?: unknown } | undefined)?.code
  return typeof found === 'string' ? found : undefined
}
