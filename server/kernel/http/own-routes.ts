import { houseIcon, stylesheet } from '../pages.ts'
import { problem } from '../problem.ts'
import { anyone } from './access.ts'
import type { Http } from './http-type.ts'

/** The doors of the server itself: probes for whoever watches it, and the stylesheet of its pages. */
export function addOwnRoutes(http: Http, isReady: () => Promise<boolean>): void {
  http.get('/healthz', { config: { access: anyone({ on: 'anywhere' }) } }, () => ({ status: 'ok' }))

  http.get('/readyz', { config: { access: anyone({ on: 'anywhere' }) } }, async () => {
    if (!(await isReady())) throw problem('DATABASE_UNAVAILABLE', { retryAfterSeconds: 5 })
    return { status: 'ready' }
  })

  const etag = `"${stylesheet.fingerprint}"`
  http.get('/assets/ekso.css', { config: { access: anyone({ on: 'anywhere' }) } }, (request, reply) => {
    const isCurrent = (request.query as { v?: unknown }).v === stylesheet.fingerprint
    reply.header('etag', etag)
    reply.header('cache-control', isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache')
    if (request.headers['if-none-match'] === etag) return reply.code(304).send()
    return reply.type('text/css; charset=utf-8').send(stylesheet.text)
  })

  http.get('/assets/ekso.svg', { config: { access: anyone({ on: 'anywhere' }) } }, (_request, reply) =>
    reply.header('cache-control', 'public, max-age=86400').type('image/svg+xml').send(houseIcon.text)
  )
}
