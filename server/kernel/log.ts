import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino'

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child'>

// The last line of defence: nothing hands these to the log on purpose.
const secretMembers = [
  'authorization',
  'cookie',
  'password',
  'code',
  'verificationCode',
  'token',
  'signupId',
  'setupToken',
  'secret'
]
const redactedPaths = secretMembers.flatMap((member) => [member, `*.${member}`, `*.*.${member}`])

/** One JSON object a line. Errors are cut to type, message and stack: a database error's `detail` holds row values. */
export function makeLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redactedPaths, censor: '[redacted]' },
    serializers: { err: serializeError }
  }
  return destination ? pino(options, destination) : pino(options)
}

function serializeError(found: unknown): unknown {
  if (!(found instanceof Error)) return { type: typeof found }
  const { name, message, stack, cause } = found
  const errorCode = (found as { code?: unknown }).code
  return {
    type: name,
    message,
    ...(typeof errorCode === 'string' ? { errorCode } : {}),
    stack,
    ...(cause === undefined ? {} : { cause: serializeError(cause) })
  }
}
