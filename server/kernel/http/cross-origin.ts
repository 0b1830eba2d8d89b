import type { FastifyReply, FastifyRequest } from 'fastify'

// No route here reads a cookie (contract §3), so any page may call it and gains nothing it could not do without a browser.
export const openPaths =
  /^\/(api\/|openapi\.json$|\.well-known\/(oauth-|jwks\.json$)|token$|register(\/|$)|mcp$)/

const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE'
const requestHeaders =
  'Authorization, Content-Type, Accept, Idempotency-Key, If-Match, If-None-Match, x-api-version, MCP-Protocol-Version, Mcp-Session-Id, Last-Event-ID'
const exposedHeaders =
  'RateLimit, RateLimit-Policy, Retry-After, ETag, Link, X-Request-Id, Idempotent-Replayed, WWW-Authenticate, api-supported-versions, Mcp-Session-Id'

/** Lets scripts of any origin read the answer, on the paths for programs only, and never with credentials. */
export function openToOtherOrigins(path: string, reply: FastifyReply): void {
  if (!openPaths.test(path)) return
  reply.header('access-control-allow-origin', '*').header('access-control-expose-headers', exposedHeaders)
}

/** Whether this is the question that a browser asks before a call to another origin. */
export function isPreflight(request: FastifyRequest, path: string): boolean {
  return request.method === 'OPTIONS' && openPaths.test(path)
}

export function answerPreflight(reply: FastifyReply): FastifyReply {
  return reply
    .code(204)
    .header('access-control-allow-methods', methods)
    .header('access-control-allow-headers', requestHeaders)
    .header('access-control-max-age', '7200')
    .send()
}
