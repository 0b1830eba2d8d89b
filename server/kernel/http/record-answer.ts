import type { FastifyReply, FastifyRequest } from 'fastify'
import { tenantOrigin } from '../hosts.ts'
import { type Page, recordTag } from '../record.ts'

/** Answers a record with its `ETag`, which `If-Match` takes. */
export function answerRecord<T extends object>(reply: FastifyReply, record: T): T {
  reply.header('etag', recordTag(record))
  return record
}

/** Answers part of a list as a bare array; `Link` names the next part (RFC 8288) while there is one. */
export function answerPage<T>(
  request: FastifyRequest,
  reply: FastifyReply,
  publicUrl: URL,
  page: Page<T>
): T[] {
  if (page.cursor !== undefined) {
    const next = new URL(request.originalUrl, tenantOrigin(publicUrl, request.tenant))
    next.searchParams.set('cursor', page.cursor)
    reply.header('link', `<${next.href}>; rel="next"`)
  }
  return page.rows
}
