import type { FastifyReply } from 'fastify'

const pagePolicy = policyFor("'self'")
const dataPolicy = "default-src 'none'; frame-ancestors 'none'"

/**
 * The headers that every answer carries. A door may set another value for its own answer. Pages hand their address,
 * which may hold a mailed secret, to no other site; `no-referrer` would do so too, but makes browsers send
 * `Origin: null` with the page's forms, which are then refused (contract §2).
 */
export function secure(reply: FastifyReply, publicUrl: URL, isPage: boolean): void {
  reply.headers({
    'x-content-type-options': 'nosniff',
    'referrer-policy': isPage ? 'same-origin' : 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'cache-control': 'no-store'
  })
  // Not for sub-domains: the operator may have others beside the workspaces, and each workspace sends its own.
  if (publicUrl.protocol === 'https:') reply.header('strict-transport-security', 'max-age=31536000')
}

function policyFor(formAction: string): string {
  return `default-src 'none'; style-src 'self'; img-src 'self'; form-action ${formAction}; frame-ancestors 'none'; base-uri 'none'`
}

// What a policy can take as a source: a scheme, or an origin with a host name.
const policySource = /^[a-z][a-z0-9+.-]*:(?:\/\/[a-z0-9.-]+(?::[0-9]+)?)?$/

/**
 * Lets the forms of this page be answered with a redirect to one place beside the page's own host, an origin or a
 * scheme; browsers hold redirects of a form to `form-action` too. A policy cannot name an IPv6 address: its scheme then.
 */
export function letFormsLeadTo(reply: FastifyReply, place: string): void {
  const source = place.includes('[') ? `${place.split(':', 1)[0]}:` : place
  if (policySource.test(source)) reply.header('content-security-policy', policyFor(`'self' ${source}`))
}

/** Gives the answer the content policy of its kind, unless the door set one. */
export function addContentPolicy(reply: FastifyReply): void {
  if (reply.hasHeader('content-security-policy')) return
  const isHtml = String(reply.getHeader('content-type') ?? '').startsWith('text/html')
  reply.header('content-security-policy', isHtml ? pagePolicy : dataPolicy)
}
