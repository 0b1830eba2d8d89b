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

/** The scopes that a door needs and the actor lacks. */
export function missingScopes(actor: Actor, needed: readonly Scope[]): Scope[] {
  return needed.filter((scope) => !actor.scopes.has(scope))
}
