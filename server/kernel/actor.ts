import { addSeconds } from './clock.ts'
import { problem } from './problem.ts'

/** What a token may do, in the order in which scopes are written (contract §3). `offline_access` is OAuth's own. */
export const scopes = ['work:read', 'work:write', 'time:write', 'money:read', 'admin'] as const

export type Scope = (typeof scopes)[number]

/** What a token may do when nobody asked for more or less (contract §1, §3). */
export const defaultScopes: readonly Scope[] = ['work:read', 'work:write']

/** The program that acts for the user. `id` is an OAuth client, an API key or a browser session. */
export type Client = {
  kind: 'oauth' | 'key' | 'session'
  id: string
  name: string
  marker: 'Web' | 'Cli' | 'Sdk' | null
}

/** Who acts in a signed-in request. Only authenticators make one; rules ask it, and never a request. */
export type Actor = {
  tenantId: string
  userId: string
  isSuperAdmin: boolean
  client: Client
  /** They cut the user's rights down and never widen them. */
  scopes: ReadonlySet<Scope>
  /** The OAuth grant behind the token, or behind the key that was minted over OAuth. */
  grantId?: string
  /** When the password was last entered; only a browser session knows it. */
  passwordAt?: Date
}

/** Why a token is not taken, for the challenge and the log; the caller learns no more than `invalid_token`. */
export type Refusal = { refusal: string }

/** The resource a token is meant for (RFC 8707): each is an audience of its own. */
export type Resource = 'api' | 'mcp'

/** Turns a bearer token into the one who acts with it in this workspace, or says why not. */
export type Authenticate = (
  bearer: string,
  tenant: { id: string; domain: string | null; isHome: boolean },
  resource: Resource
) => Promise<Actor | Refusal>

/** The scopes in force, `work:read` added where `work:write` is: write implies read. Unknown words are left out. */
export function readScopes(words: Iterable<string>): Set<Scope> {
  const given = new Set(words)
  if (given.has('work:write')) given.add('work:read')
  return new Set(scopes.filter((scope) => given.has(scope)))
}

function missingScopes(actor: Actor, needed: readonly Scope[]): Scope[] {
  return needed.filter((scope) => !actor.scopes.has(scope))
}

/** Throws SCOPE_TOO_NARROW when the token lacks a scope that this very change needs, beside those of its door. */
export function requireScope(actor: Actor, ...needed: Scope[]): void {
  if (missingScopes(actor, needed).length === 0) return
  // What the token has is named too: a client that asks for just these again must not lose the others.
  const wanted = scopes.filter((scope) => actor.scopes.has(scope) || needed.includes(scope))
  throw problem('SCOPE_TOO_NARROW', { members: { scope: wanted.join(' ') } })
}

/** Throws SUPER_ADMIN_REQUIRED. */
export function requireSuperAdmin(actor: Actor): void {
  if (!actor.isSuperAdmin) throw problem('SUPER_ADMIN_REQUIRED')
}

const freshPasswordSeconds = 600

/** Whether a password was entered in the last 10 minutes. */
export function isPasswordFresh(passwordAt: Date, now: Date): boolean {
  return addSeconds(passwordAt, freshPasswordSeconds) >= now
}

/**
 * For what no scope and no key reaches (contract §3): throws FRESH_PASSWORD_REQUIRED unless this is a browser
 * session in which the password was entered in the last 10 minutes.
 */
export function requireFreshPassword(actor: Actor, now: Date): void {
  const { client, passwordAt } = actor
  if (client.kind !== 'session' || !passwordAt || !isPasswordFresh(passwordAt, now))
    throw problem('FRESH_PASSWORD_REQUIRED')
}
