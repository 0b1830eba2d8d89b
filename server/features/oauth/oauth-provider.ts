import { type Configuration, errors, interactionPolicy, Provider } from 'oidc-provider'
import { scopes } from '#server/kernel/actor.ts'
import { newId } from '#server/kernel/ids.ts'
import type { Secrets } from '#server/kernel/secrets.ts'
import type { SigningKeys } from '../oauth-keys/signing-key.ts'
import {
  clientAuthAlgorithms,
  clientAuthMethods,
  readResource,
  resourceUrl
} from '../resource-server/oauth-metadata.ts'
import { makeAdapter } from './oauth-adapter.ts'
import { exchangeScope } from './oauth-exchange.ts'
import { grantSeconds } from './oauth-grant.ts'
import { userIsActive } from './oauth-user.ts'

export type ProviderPlace = {
  tenantId: string
  issuer: string
  keys: SigningKeys
  secrets: Secrets
  /** Answers requests for client id metadata documents out of what was fetched before; undefined switches them off. */
  readDocument: ((url: string) => Response) | undefined
}

const accessTokenSeconds = 15 * 60
const codeSeconds = 60
const interactionSeconds = 600
const refreshIdleSeconds = 30 * 24 * 3600
const bodyLimits = { clientIdMetadataDocument: 5 * 1024, jwksUri: 1, sectorIdentifierUri: 1 }

/** One authorization server of the library, for one workspace: its issuer, its key, its storage. */
export function makeProvider(place: ProviderPlace): Provider {
  const provider = new Provider(place.issuer, makeConfiguration(place))
  // Without a listener Koa prints to the console; what matters was thrown to us already.
  const emitter: { on(event: string, listener: () => void): unknown } = provider
  emitter.on('error', () => undefined)
  return provider
}

function makeConfiguration(place: ProviderPlace): Configuration {
  return {
    ...makeProtocol(place.readDocument),
    ...makeStore(place),
    features: makeFeatures(place),
    cookies: makeCookies(place),
    interactions: { policy: makePolicy(), url: (_ctx, { uid }) => `/interaction/${uid}` },
    formats: { customizers: { jwt: stampClock } },
    ttl: lifetimes,
    renderError: (ctx, out) => {
      ctx.state.pageError = out
      ctx.body = ''
    }
  }
}

function makeProtocol(readDocument: ProviderPlace['readDocument']): Configuration {
  return {
    routes: {
      authorization: '/authorize',
      token: '/token',
      registration: '/register',
      revocation: '/revoke'
    },
    // The scopes of the API are the resources' own; listed here too they would have to be granted twice.
    scopes: ['offline_access'],
    responseTypes: ['code'],
    pkce: { required: () => true },
    clientAuthMethods: [...clientAuthMethods],
    enabledJWA: { clientAuthSigningAlgValues: [...clientAuthAlgorithms] },
    clientDefaults: {
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256'
    },
    allowOmittingSingleRegisteredRedirectUri: false,
    acceptQueryParamAccessTokens: false,
    enableHttpPostMethods: false,
    // Which origins may read is decided for the whole server, in kernel/http/cross-origin.ts.
    clientBasedCORS: () => true,
    clockTolerance: 5,
    fetch: async (asked) => {
      if (!readDocument) throw new Error('the OAuth library may not fetch')
      return readDocument(asked instanceof Request ? asked.url : String(asked))
    },
    fetchResponseBodyLimits: bodyLimits
  }
}

function makeStore(place: ProviderPlace): Configuration {
  const { tenantId, keys } = place
  return {
    adapter: (model: string) => makeAdapter(model, place),
    jwks: { keys: [keys.active] },
    findAccount: async (_ctx, id) => {
      if (!(await userIsActive(exchangeScope().tx, tenantId, id))) return undefined
      return { accountId: id, claims: async () => ({ sub: id }) }
    },
    loadExistingGrant: async ({ oidc }) => {
      const id = oidc.result?.consent?.grantId
      return id ? oidc.provider.Grant.find(id) : undefined
    },
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    // Public clients alone (RFC 9700 section 4.14.2): the others prove themselves at each refresh.
    rotateRefreshToken: ({ oidc }) => oidc.client?.clientAuthMethod === 'none',
    expiresWithSession: async () => false,
    extraTokenClaims: async (_ctx, token) => ({
      workspace: tenantId,
      grant: 'grantId' in token ? token.grantId : undefined
    })
  }
}

const lifetimes: Configuration['ttl'] = {
  AccessToken: accessTokenSeconds,
  AuthorizationCode: codeSeconds,
  Grant: grantSeconds,
  Interaction: interactionSeconds,
  // It lives for one request; the library wants a number.
  Session: interactionSeconds,
  IdToken: accessTokenSeconds,
  // One that is not rotated could not outlive its first thirty days, however much it is used.
  RefreshToken: (_ctx, token, client) => {
    const idleSeconds = client.clientAuthMethod === 'none' ? refreshIdleSeconds : grantSeconds
    return Math.max(1, Math.min(idleSeconds, grantSeconds - token.totalLifetime()))
  }
}

function makeFeatures({ issuer, readDocument }: ProviderPlace): Configuration['features'] {
  const off = { enabled: false }
  return {
    devInteractions: off,
    userinfo: off,
    rpInitiatedLogout: off,
    pushedAuthorizationRequests: off,
    introspection: off,
    // A token bound to a key would be refused by our doors, which take bearers.
    dPoP: off,
    revocation: {
      enabled: true,
      allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId
    },
    registration: {
      enabled: true,
      initialAccessToken: false,
      issueRegistrationAccessToken: true,
      idFactory: () => newId('client')
    },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
    rpMetadataChoices: { enabled: true },
    ...(readDocument
      ? { clientIdMetadataDocument: { enabled: true, ack: 'draft-02', cacheDuration: { min: 1, max: 1 } } }
      : {}),
    resourceIndicators: {
      enabled: true,
      defaultResource: (_ctx, _client, oneOf) => {
        const api = resourceUrl(issuer, 'api')
        if (oneOf === undefined || oneOf.length === 0 || oneOf.includes(api)) return api
        return oneOf[0] ?? api
      },
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, indicator) => {
        // A token has one audience (contract §3), so more than one cannot be asked for at once.
        const isOne = !Array.isArray(ctx.oidc.params?.resource)
        if (!isOne || readResource(issuer, indicator) === undefined) throw new errors.InvalidTarget()
        refuseUnknownScopes(ctx.oidc.params?.scope)
        return {
          scope: scopes.join(' '),
          audience: indicator,
          accessTokenFormat: 'jwt',
          accessTokenTTL: accessTokenSeconds,
          jwt: { sign: { alg: 'ES256' } }
        }
      }
    }
  }
}

// The library drops scopes that it does not know; of nothing else it would ask the user and then refuse.
function refuseUnknownScopes(scope: unknown): void {
  if (typeof scope !== 'string') return
  const asked = scope.split(' ').filter((word) => word !== 'offline_access')
  if (asked.length > 0 && !asked.some((word) => (scopes as readonly string[]).includes(word)))
    throw new errors.InvalidScope('none of the requested scopes is known here', scope)
}

// Paths keep the library's cookies from the `__Host-` prefix (contract §3); who may finish is judged by our own cookie.
function makeCookies({ tenantId, issuer, secrets }: ProviderPlace): Configuration['cookies'] {
  const isSecure = issuer.startsWith('https:')
  const prefix = isSecure ? '__Secure-' : ''
  const options = { signed: true, httpOnly: true, sameSite: 'lax', secure: isSecure } as const
  return {
    names: {
      interaction: `${prefix}ekso-interaction`,
      resume: `${prefix}ekso-resume`,
      session: `${prefix}ekso-unused`
    },
    keys: [secrets.hash('oauth-cookie', tenantId).toString('base64url')],
    short: options,
    long: options
  }
}

/**
 * Each authorization asks our page, which knows who is signed in: the library remembers nobody between requests, so
 * that its session can neither outlive ours nor be another user's.
 */
function makePolicy() {
  const policy = interactionPolicy.base()
  const login = policy.get('login')
  login?.checks.clear()
  login?.checks.add(
    new interactionPolicy.Check('no_session', 'the user must be asked', 'login_required', ({ oidc }) =>
      oidc.result?.login ? interactionPolicy.Check.NO_NEED_TO_PROMPT : interactionPolicy.Check.REQUEST_PROMPT
    )
  )
  return policy
}

// The library tells the time by itself; what leaves the server is stamped by the server's clock.
async function stampClock(
  _ctx: unknown,
  _token: unknown,
  jwt: { payload: Record<string, unknown> }
): Promise<undefined> {
  const issued = Math.floor(exchangeScope().now.getTime() / 1000)
  jwt.payload.iat = issued
  jwt.payload.exp = issued + accessTokenSeconds
}
