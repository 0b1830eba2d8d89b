import type { FastifyReply, FastifyRequest } from 'fastify'
import { anyone } from '#server/kernel/http/access.ts'
import { supportedVersions } from '#server/kernel/http/api-version.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { bodyBytes } from '#server/kernel/http/body.ts'
import { hostsPerAddress } from '#server/kernel/http/request-limit.ts'
import { sendDocument } from './document.routes.ts'
import { type GuideName, guideText } from './guide.ts'
import { guidePage } from './guide-page.ts'

const facts = { versions: supportedVersions, bodyBytes, hostsPerAddress }

/** The guides: Markdown, or HTML for who prefers it; with `.md` always Markdown. On every host, since errors name them. */
export function guideRoutes({ http, means }: App): void {
  const door = { config: { access: anyone({ on: 'any' }) } }
  const negotiated = (name: GuideName) => (request: FastifyRequest, reply: FastifyReply) => {
    reply.header('vary', 'Accept')
    const text = guideText(name, means(), facts)
    return prefersHtml(request.headers.accept)
      ? sendDocument(request, reply, 'text/html; charset=utf-8', guidePage(text).text)
      : sendDocument(request, reply, markdownType, text)
  }
  const plain = (name: GuideName) => (request: FastifyRequest, reply: FastifyReply) =>
    sendDocument(request, reply, markdownType, guideText(name, means(), facts))

  http.get('/guide', door, negotiated('guides'))
  http.get('/guide.md', door, plain('guides'))
  http.get('/guide/agent-onboarding', door, negotiated('agent-onboarding'))
  http.get('/guide/agent-onboarding.md', door, plain('agent-onboarding'))
  http.get('/guide/api', door, negotiated('api'))
  http.get('/guide/api.md', door, plain('api'))
  http.get('/guide/errors', door, negotiated('errors'))
  http.get('/guide/errors.md', door, plain('errors'))
}

const markdownType = 'text/markdown; charset=utf-8'

// Only an explicit wish counts: `*/*`, which programs send, means Markdown.
function prefersHtml(accept: string | undefined): boolean {
  const html = weightOf(accept, 'text/html')
  return html > 0 && html >= weightOf(accept, 'text/markdown')
}

function weightOf(accept: string | undefined, type: string): number {
  for (const range of (accept ?? '').toLowerCase().split(',')) {
    const [name, ...parameters] = range.split(';').map((part) => part.trim())
    if (name !== type) continue
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    return weight ? Number(weight.slice(2)) || 0 : 1
  }
  return 0
}
