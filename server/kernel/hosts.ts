const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether a host name (without port) means this machine alone: `localhost`, a name below it, or a loopback address. */
export function isLocalhostName(hostname: string): boolean {
  return loopbackNames.has(hostname) || hostname.endsWith('.localhost')
}

/** A `Host` header as name and port: lower-cased, the protocol's default port written out. Undefined when malformed. */
export type RequestHost = { name: string; port: string }

export function parseHost(header: string | undefined, protocol: string): RequestHost | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?$/.exec(header?.toLowerCase() ?? '')
  if (!match?.[1]) return undefined
  return { name: match[1], port: match[2] ?? defaultPort(protocol) }
}

export type HostMeaning =
  | { kind: 'home' }
  /** `domain` is the label in front of the public host; whether it exists is for the tenants to say. */
  | { kind: 'workspace'; domain: string }
  | { kind: 'unknown' }

/** What a host means for an install with this public URL (contract §4: exact port, loopback names reach home). */
export function readHost(host: RequestHost, publicUrl: URL): HostMeaning {
  if (loopbackNames.has(host.name) || isPublicHost(host, publicUrl)) return { kind: 'home' }
  if (host.port !== portOf(publicUrl)) return { kind: 'unknown' }
  const below = `.${publicUrl.hostname}`
  const domain = host.name.endsWith(below) ? host.name.slice(0, -below.length) : ''
  return /^[a-z0-9-]{3,20}$/.test(domain) ? { kind: 'workspace', domain } : { kind: 'unknown' }
}

/** Whether a Host header is that of the public URL itself: pages opened there can send their forms. */
export function isPublicHost(host: RequestHost, publicUrl: URL): boolean {
  return host.name === publicUrl.hostname && host.port === portOf(publicUrl)
}

/** Whether a Host header names this machine by a loopback name. */
export function isLoopbackHost(host: RequestHost): boolean {
  return loopbackNames.has(host.name)
}

/** The address of a workspace: its domain in front of the public host. */
export function workspaceUrl(publicUrl: URL, domain: string): string {
  return `${publicUrl.protocol}//${domain}.${publicUrl.host}`
}

/** The stored address of a workspace: its issuer, and the one `Origin` that its forms have. Never from a request. */
export function tenantOrigin(publicUrl: URL, tenant: { domain: string | null }): string {
  if (tenant.domain === null) return publicUrl.origin
  return new URL(workspaceUrl(publicUrl, tenant.domain)).origin
}

function portOf(url: URL): string {
  return url.port || defaultPort(url.protocol)
}

function defaultPort(protocol: string): string {
  return protocol === 'https:' ? '443' : '80'
}
