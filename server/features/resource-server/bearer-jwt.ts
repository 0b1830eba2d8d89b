import { createLocalJWKSet, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import { type Actor, type Authenticate, readScopes } from '#server/kernel/actor.ts'
import type { Clock } from '#server/kernel/clock.ts'
import type { Db } from '#server/kernel/db.ts'
import { tenantOrigin } from '#server/kernel/hosts.ts'
import type { Keyring } from '../oauth-keys/keyring.ts'
import type { SigningKeys } from '../oauth-keys/signing-key.ts'
import { makeGrantStates } from './grant-state.ts'
import { resourceUrl } from './oauth-metadata.ts'

type Refused = { refusal: string }

const clockToleranceSeconds = 5

/**
 * Checks access tokens (RFC 9068): the workspace's own signature, issuer, exactly this resource as audience, time, and
 * that grant and user still stand; of those it asks the database anew after five seconds at most.
 */
export function makeJwtAuthenticator(parts: {
  db: Db
  clock: Clock
  keyring: Keyring
  publicUrl: () => URL
}): Authenticate {
  const states = makeGrantStates(parts)
  return async (bearer, tenant, resource) => {
    const issuer = tenantOrigin(parts.publicUrl(), tenant)
    const keys = await keysFor(parts.keyring, tenant.id, bearer)
    if (!keys) return { refusal: 'not signed here' }
    const options = {
      typ: 'at+jwt',
      algorithms: ['ES256'],
      issuer,
      audience: resourceUrl(issuer, resource),
      requiredClaims: ['sub', 'client_id', 'jti', 'iat', 'exp', 'grant', 'workspace'],
      currentDate: parts.clock(),
      clockTolerance: clockToleranceSeconds
    }
    const read = await verify(bearer, keys, options)
    if (isRefused(read)) return read
    if (read.workspace !== tenant.id) return { refusal: 'of another workspace' }
    const state = await states.find(tenant.id, String(read.grant))
    if (!state || state.userId !== read.sub || state.clientId !== read.client_id)
      return { refusal: 'the grant has ended' }
    return toActor(tenant.id, read, state)
  }
}

function isRefused(read: JWTPayload | Refused): read is Refused {
  return typeof read.refusal === 'string'
}

// An unknown key id may be a key that another server made a moment ago.
async function keysFor(keyring: Keyring, tenantId: string, bearer: string): Promise<SigningKeys | undefined> {
  const kid = keyIdOf(bearer)
  if (kid === undefined) return undefined
  const has = (keys: SigningKeys) => keys.published.some((key) => key.kid === kid)
  const keys = await keyring.keysOf(tenantId)
  if (has(keys)) return keys
  const fresh = await keyring.refreshKeys(tenantId)
  return has(fresh) ? fresh : undefined
}

function keyIdOf(bearer: string): string | undefined {
  try {
    return decodeProtectedHeader(bearer).kid
  } catch {
    return undefined
  }
}

const keySets = new WeakMap<SigningKeys, ReturnType<typeof createLocalJWKSet>>()

async function verify(
  bearer: string,
  keys: SigningKeys,
  options: NonNullable<Parameters<typeof jwtVerify>[2]>
): Promise<JWTPayload | Refused> {
  const keySet = keySets.get(keys) ?? createLocalJWKSet({ keys: keys.published })
  keySets.set(keys, keySet)
  try {
    return (await jwtVerify(bearer, keySet, options)).payload
  } catch (error) {
    if (error instanceof errors.JOSEError) return { refusal: error.code }
    throw error
  }
}

function toActor(
  tenantId: string,
  token: JWTPayload,
  state: {
    userId: string
    clientId: string
    clientName: string
    isOwnClient: boolean
    isSuperAdmin: boolean
    grantId: string
  }
): Actor {
  const words = typeof token.scope === 'string' ? token.scope.split(' ') : []
  return {
    tenantId,
    userId: state.userId,
    isSuperAdmin: state.isSuperAdmin,
    client: {
      kind: 'oauth',
      id: state.clientId,
      name: state.clientName,
      marker: state.isOwnClient ? 'Web' : null
    },
    scopes: readScopes(words),
    grantId: state.grantId
  }
}
