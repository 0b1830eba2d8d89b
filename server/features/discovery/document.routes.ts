import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { anyone } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { problem } from '#server/kernel/problem.ts'
import { agentCard } from './agent-card.ts'
import { apiCatalog } from './api-catalog.ts'
import { llmsText } from './llms-text.ts'
import { catalogType, serviceLinks } from './service-link.ts'

const maxAgeSeconds = 300

/** What leads a program from the bare host name to the API (contract §2 "Discovery"). */
export function documentRoutes({ http, means }: App): void {
  http.get('/llms.txt', { config: { access: anyone({ on: 'any' }) } }, (request, reply) =>
    sendDocument(request, reply, 'text/plain; charset=utf-8', llmsText(means()))
  )

  http.get(
    '/.well-known/agent-card.json',
    { config: { access: anyone({ on: 'home' }) } },
    (request, reply) => {
      const card = agentCard(means())
      if (!card) throw problem('ROUTE_NOT_FOUND')
      return sendDocument(request, reply, 'application/json; charset=utf-8', JSON.stringify(card))
    }
  )

  http.get('/.well-known/api-catalog', { config: { access: anyone({ on: 'any' }) } }, (request, reply) => {
    reply.header('link', serviceLinks)
    return sendDocument(request, reply, catalogType, JSON.stringify(apiCatalog(means())))
  })
}

/** Sends a text that may be kept for five minutes and asked after by its ETag. */
export function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  type: string,
  text: string
): FastifyReply {
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
  reply.header('etag', etag).header('cache-control', `max-age=${maxAgeSeconds}`)
  if (namesTag(request.headers['if-none-match'], etag)) return reply.code(304).send()
  // Bytes, since Fastify adds a charset to the type of a JSON text, also where the type has none.
  return reply.type(type).send(Buffer.from(text))
}

// Compared weakly (RFC 9110 §13.1.2): proxies that compress make our tag a weak one.
function namesTag(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}
