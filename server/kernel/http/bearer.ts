import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Actor, type Authenticate, defaultScopes, requireScope } from '../actor.ts'
import { type Problem, problem } from '../problem.ts'
import type { SignedInAccess } from './http-type.ts'
import type { Tenant } from './tenant-host.ts'

/**
 * Finds out who calls and notes it as `request.actor`, from the `Authorization` header alone: never from a cookie,
 * the query or the body. Throws AUTHENTICATION_REQUIRED or SCOPE_TOO_NARROW with the challenge of RFC 6750 §3 and
 * RFC 9728 §5.1; `issuer` is the stored address of the workspace.
 */
export async function identify(
  request: FastifyRequest,
  reply: FastifyReply,
  access: SignedInAccess,
  place: { tenant: Tenant; issuer: string; authenticate: Authenticate }
): Promise<void> {
  const { tenant, issuer, authenticate } = place
  const metadata = `resource_metadata="${issuer}/.well-known/oauth-protected-resource/${access.resource}"`
  const refuse = (error: string) => {
    const scope = `scope="${defaultScopes.join(' ')}"`
    reply.header('www-authenticate', `Bearer ${[error, metadata, scope].filter(Boolean).join(', ')}`)
    return problem('AUTHENTICATION_REQUIRED')
  }
  const credentials = /^Bearer(?: +(.*))?$/i.exec(request.headers.authorization ?? '')
  if (!credentials) throw refuse('')
  const token = credentials[1]?.trim() ?? ''
  const found = isToken.test(token)
    ? await authenticate(token, tenant, access.resource)
    : { refusal: 'malformed' }
  if ('refusal' in found) {
    request.log.debug({ refusal: found.refusal }, 'a token was refused')
    throw refuse('error="invalid_token"')
  }
  // A second wall: an authenticator that looked into another workspace must not open this one.
  if (found.tenantId !== tenant.id) throw refuse('error="invalid_token"')
  callers.set(request.raw, { actor: found, metadata })
  requireScope(found, ...access.scopes)
}

/** Adds the challenge of RFC 6750 §3.1 to SCOPE_TOO_NARROW, whether the door or its rule found the scope missing. */
export function challengeScope(request: FastifyRequest, reply: FastifyReply, found: Problem): void {
  const caller = callers.get(request.raw)
  if (!caller || found.code !== 'SCOPE_TOO_NARROW') return
  const scope = `scope="${found.members.scope}"`
  reply.header('www-authenticate', `Bearer error="insufficient_scope", ${scope}, ${caller.metadata}`)
}

// RFC 6750 §2.1, b64token, bounded by what the header limit leaves.
const isToken = /^[A-Za-z0-9\-._~+/]+=*$/

const callers = new WeakMap<object, { actor: Actor; metadata: string }>()

/** The actor of a request. Throws on a route that does not ask who calls. */
export function requestActor(request: FastifyRequest): Actor {
  const actor = knownActor(request)
  if (!actor) throw new Error(`${request.routeOptions.url} does not ask who calls and has no actor`)
  return actor
}

/** The actor where the route asks who calls; undefined elsewhere. */
export function knownActor(request: FastifyRequest): Actor | undefined {
  return callers.get(request.raw)?.actor
}
