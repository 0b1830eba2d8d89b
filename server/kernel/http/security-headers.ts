import type { FastifyReply } from 'fastify'

const pagePolicy =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
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

/** Gives the answer the content policy of its kind, unless the door set one. */
export function addContentPolicy(reply: FastifyReply): void {
  if (reply.hasHeader('content-security-policy')) return
  const isHtml = String(reply.getHeader('content-type') ?? '').startsWith('text/html')
  reply.header('content-security-policy', isHtml ? pagePolicy : dataPolicy)
}
