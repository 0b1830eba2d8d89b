import type { FastifyReply } from 'fastify'
import type { HtmlText } from '../pages.ts'

/** Answers with a page; status and headers are set before. */
export function sendPage(reply: FastifyReply, content: HtmlText): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(content.text)
}
