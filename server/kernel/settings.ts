import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import Type, { type Static } from 'typebox'
import { Errors } from 'typebox/value'
import { isLocalhostName } from './hosts.ts'
import { parsePublicUrl } from './public-url.ts'

const Text = (description: string, pattern?: string) =>
  Type.Optional(pattern ? Type.String({ description, pattern }) : Type.String({ description }))

/** Every environment variable that the server reads; the table in README follows it (contract §5). */
export const Environment = Type.Object({
  EKSO_PUBLIC_URL: Text('The address of the install; workspaces are sub-domains of it.'),
  PORT: Text('The port that the server listens on.', '^[1-9][0-9]{0,4}$'),
  HOST: Text('The address that the server listens on.'),
  DATABASE_URL: Text('A PostgreSQL of your own instead of the embedded one.', '^postgres(ql)?://'),
  EKSO_DATA_DIR: Text('The folder for the embedded database and made secrets.'),
  EKSO_SECRET: Text('At least 32 bytes; encrypts at rest.', '^.{32,}$'),
  SMTP_URL: Text('The mail server.', '^smtps?://'),
  EKSO_MAIL_FROM: Text('The sender of mail.', '@'),
  EKSO_SIGNUP: Text('Whether strangers may open workspaces.', '^(open|closed)$'),
  EKSO_TRUSTED_PROXIES: Text('Comma-separated addresses and CIDRs whose X-Forwarded-For counts.'),
  EKSO_RATE_LIMIT: Text('Requests a second per host and client address; 0 is off.', '^[0-9]{1,6}$'),
  EKSO_MAIL_PER_DAY: Text('Mails a day for the whole install; 0 is off.', '^[0-9]{1,9}$'),
  EKSO_REFRESH_REPLAY_SECONDS: Text(
    'How long a repeated refresh gets the same answer; 0 is strict.',
    '^([0-9]|[1-5][0-9]|60)$'
  ),
  EKSO_CIMD: Text('Whether clients may be named by the address of their document.', '^(off|on|auto)$'),
  REDIS_URL: Text('Shares request counts between nodes.', '^rediss?://'),
  EKSO_SETUP_TOKEN: Text('What the first-run wizard asks for wherever not all is localhost.'),
  LOG_LEVEL: Text('How much is logged.', '^(fatal|error|warn|info|debug|trace|silent)$')
})
type Environment = Static<typeof Environment>

export type Cidr = ReturnType<typeof ipaddr.parseCIDR>

export type Settings = {
  publicUrl: URL
  port: number
  host: string
  databaseUrl: string | undefined
  dataDir: string
  secret: string | undefined
  smtpUrl: string | undefined
  /** `undefined` means: no-reply at the public host in force. */
  mailFrom: string | undefined
  /** `undefined` means: open on a localhost public URL, closed elsewhere. */
  signup: 'open' | 'closed' | undefined
  trustedProxies: Cidr[]
  requestsPerSecond: number
  mailsPerDay: number
  refreshReplaySeconds: number
  /** `auto`: while this server reaches the internet. */
  clientDocuments: 'off' | 'on' | 'auto'
  redisUrl: string | undefined
  setupToken: string | undefined
  logLevel: string
  /** What the operator should read at start, though the server starts all the same. */
  warnings: string[]
}

/** All faults of the environment at once, each naming its variable. */
export class SettingsError extends Error {
  readonly faults: string[]

  constructor(faults: string[]) {
    super(`The settings have faults:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`)
    this.name = 'SettingsError'
    this.faults = faults
  }
}

/** Reads and checks the whole environment. Throws `SettingsError` with every fault. An empty value counts as unset. */
export function readSettings(environment: Record<string, string | undefined> = process.env): Settings {
  const known = Object.keys(Environment.properties) as (keyof Environment)[]
  const given: Environment = {}
  for (const name of known) {
    const value = environment[name]?.trim()
    if (value) given[name] = value
  }
  const faults = shapeFaults(given)
  const port = Number(given.PORT ?? 6050)
  if (port > 65_535) faults.push('PORT must be at most 65535')
  const publicUrl = readPublicUrl(given.EKSO_PUBLIC_URL ?? `http://localhost:${port}`, faults)
  const isLocal = isLocalhostName(publicUrl.hostname)
  if (!isLocal && !given.SMTP_URL) faults.push('SMTP_URL is required when EKSO_PUBLIC_URL is not localhost')
  const trustedProxies = readProxies(given.EKSO_TRUSTED_PROXIES, faults)
  if (faults.length > 0) throw new SettingsError(faults)
  return {
    publicUrl,
    port,
    host: given.HOST ?? (isLocal ? '127.0.0.1' : '0.0.0.0'),
    databaseUrl: given.DATABASE_URL,
    dataDir: given.EKSO_DATA_DIR ?? './data',
    secret: given.EKSO_SECRET,
    smtpUrl: given.SMTP_URL,
    mailFrom: given.EKSO_MAIL_FROM,
    signup: given.EKSO_SIGNUP as Settings['signup'],
    trustedProxies,
    requestsPerSecond: Number(given.EKSO_RATE_LIMIT ?? 50),
    mailsPerDay: Number(given.EKSO_MAIL_PER_DAY ?? 1000),
    refreshReplaySeconds: Number(given.EKSO_REFRESH_REPLAY_SECONDS ?? 10),
    clientDocuments: (given.EKSO_CIMD ?? 'off') as Settings['clientDocuments'],
    redisUrl: given.REDIS_URL,
    setupToken: given.EKSO_SETUP_TOKEN,
    logLevel: given.LOG_LEVEL ?? 'info',
    warnings: [...unknownNames(environment, known), ...weakToken(given.EKSO_SETUP_TOKEN)]
  }
}

// A misspelt setting must not be ignored in silence; a later version's setting must not stop this one.
function unknownNames(environment: Record<string, string | undefined>, known: string[]): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith('EKSO_') && !name.startsWith('EKSO_TEST_') && !known.includes(name))
    .map((name) => `${name} is not a setting of this server`)
}

function weakToken(token: string | undefined): string[] {
  const isWeak = token !== undefined && token.length < 16
  return isWeak ? ['EKSO_SETUP_TOKEN is short: whoever guesses it claims this install'] : []
}

function shapeFaults(given: Environment): string[] {
  const faulty = new Set(Errors(Environment, given).map((found) => found.instancePath.slice(1)))
  return [...faulty].map((name) => {
    const { pattern } = Environment.properties[name as keyof Environment] as { pattern?: string }
    return name === 'EKSO_SECRET'
      ? 'EKSO_SECRET must have at least 32 bytes'
      : `${name} must match ${pattern}`
  })
}

function readPublicUrl(text: string, faults: string[]): URL {
  const { url, fault } = parsePublicUrl(text)
  if (fault !== undefined) faults.push(`EKSO_PUBLIC_URL ${fault}`)
  return url ?? new URL('http://localhost')
}

function readProxies(text: string | undefined, faults: string[]): Cidr[] {
  const entries = (text ?? '').split(',').map((entry) => entry.trim())
  return entries.filter(Boolean).flatMap((entry) => {
    // Of the four numbers in full alone: `10.0.0` and `010.0.0.1` would mean another address than they seem to.
    const family = isIP(entry.split('/', 1)[0] ?? '')
    const cidr = entry.includes('/') ? entry : `${entry}/${family === 6 ? 128 : 32}`
    if (family === 0 || !ipaddr.isValidCIDR(cidr)) {
      faults.push(`EKSO_TRUSTED_PROXIES: ${entry} is not an address or CIDR`)
      return []
    }
    const parsed = ipaddr.parseCIDR(cidr)
    if (parsed[1] === 0) {
      faults.push(`EKSO_TRUSTED_PROXIES: ${entry} would let every client choose its own address`)
      return []
    }
    return [parsed]
  })
}
