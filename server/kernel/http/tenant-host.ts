import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { type HostMeaning, parseHost, readHost } from '../hosts.ts'
import { problem } from '../problem.ts'

/** The workspace that a request is for, as far as the doors need to know it. */
export type Tenant = { id: string; domain: string | null; isHome: boolean; isClosed: boolean; name: string }

/** What the one Host header means. Undefined when it is missing, doubled or malformed. Forwarded hosts never count. */
export function hostMeaning(request: IncomingMessage, publicUrl: URL): HostMeaning | undefined {
  const names = request.rawHeaders.filter((_, at) => at % 2 === 0)
  if (names.filter((name) => name.toLowerCase() === 'host').length !== 1) return undefined
  // The public URL's protocol, since TLS ends at the proxy in front.
  const host = parseHost(request.headers.host, publicUrl.protocol)
  return host && readHost(host, publicUrl)
}

/** Throws HOST_UNKNOWN when no workspace has this host and WORKSPACE_CLOSED when its owner closed it. */
export async function findOpenTenant(
  meaning: HostMeaning,
  findTenant: (meaning: HostMeaning) => Promise<Tenant | undefined>
): Promise<Tenant> {
  const tenant = meaning.kind === 'unknown' ? undefined : await findTenant(meaning)
  if (!tenant) throw problem('HOST_UNKNOWN')
  if (tenant.isClosed) throw problem('WORKSPACE_CLOSED')
  return tenant
}

/** The tenant of a request. Throws on a route that answers anywhere, which has none. */
export function requestTenant(request: FastifyRequest): Tenant {
  const tenant = tenants.get(request.raw)
  if (!tenant) throw new Error(`${request.routeOptions.url} answers anywhere and has no tenant`)
  return tenant
}

/** The id of the tenant once it is known; for the log. */
export function knownTenantId(request: FastifyRequest): string | undefined {
  return tenants.get(request.raw)?.id
}

const tenants = new WeakMap<IncomingMessage, Tenant>()

export function setTenant(request: FastifyRequest, tenant: Tenant): void {
  tenants.set(request.raw, tenant)
}
