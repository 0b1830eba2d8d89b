import type { FastifyRequest } from 'fastify'
import type { Scope } from '../actor.ts'
import { tenantOrigin } from '../hosts.ts'
import { problem } from '../problem.ts'
import type { Access, Http, Where } from './http-type.ts'
import type { Tenant } from './tenant-host.ts'

/** A door for callers without an account: API calls and documents. */
export function anyone(options: { on: Where }): Access {
  return { kind: 'anyone', on: options.on }
}

/**
 * A door for people in a browser. Takes forms; everything but GET demands the `Origin` of the workspace's own stored
 * address (contract §3); errors are answered as HTML unless the client asked for JSON.
 */
export function page(options: { on: 'home' | 'any' }): Access {
  return { kind: 'page', on: options.on }
}

/**
 * A door for callers with a bearer token of this workspace that has all of these scopes; without scopes any token
 * will do. `request.actor` is who calls. No cookie counts here (contract §3).
 */
export function signedIn(...scopes: Scope[]): Access {
  return { kind: 'signed-in', on: 'any', resource: 'api', scopes }
}

// A form of ours is small. Larger ones say so with their own `bodyLimit`.
const formBytes = 64 * 1024

/** Makes the boot fail at the first route that does not say who may use it. */
export function requireDeclaredAccess(http: Http): void {
  http.addHook('onRoute', (route) => {
    const access = route.config?.access
    if (!access) {
      throw new Error(`${route.method} ${route.url} does not say who may use it: set config.access`)
    }
    if (access.kind === 'page' && route.bodyLimit === undefined) route.bodyLimit = formBytes
  })
}

/** Whether the route answers as a page. False for addresses without a route. */
export function isPage(request: FastifyRequest): boolean {
  return request.routeOptions.config?.access?.kind === 'page'
}

/** Throws ROUTE_NOT_FOUND when the route exists but is not served on this workspace's host. */
export function refuseForeignHost(access: Access, tenant: Tenant): void {
  if (access.on === 'home' && !tenant.isHome) throw problem('ROUTE_NOT_FOUND')
}

/**
 * Throws ORIGIN_REFUSED when a form was not sent from a page of this workspace's stored address. Nothing derived from
 * Host counts, so a form opened at 127.0.0.1 is refused too: every link we give out names the stored address.
 */
export function refuseForeignForm(request: FastifyRequest, tenant: Tenant, publicUrl: URL): void {
  if (!isPage(request) || request.method === 'GET' || request.method === 'HEAD') return
  if (request.headers.origin !== tenantOrigin(publicUrl, tenant)) throw problem('ORIGIN_REFUSED')
}
