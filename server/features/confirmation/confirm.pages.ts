import type { FastifyReply, FastifyRequest } from 'fastify'
import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { keepAddressSecret } from '#server/kernel/http/security-headers.ts'
import { confirmView, domainTakenView, unknownLinkView } from './confirm-view.ts'
import { approveSignup, chooseMails, rejectSignup, viewConfirmation } from './confirmation.ts'

type LinkRequest = FastifyRequest<{ Params: { token: string } }>

/** The page behind the link in a sign-up mail: what was asked, yes, "not me", and no more of these. GET changes nothing. */
export function confirmPages(app: App): void {
  const { http, db, means } = app
  const access = pageAccess({ on: 'home' })

  http.get('/confirm/:token', { config: { access } }, (request: LinkRequest, reply) =>
    showLink(app, request, reply)
  )

  http.post('/confirm/:token/approval', { config: { access } }, async (request: LinkRequest, reply) => {
    const decision = await db.install((tx) => approveSignup(tx, means(), request.params.token))
    if (decision === 'domain-taken') return send(reply.code(409), domainTakenView())
    return backToLink(request, reply)
  })

  http.post('/confirm/:token/refusal', { config: { access } }, async (request: LinkRequest, reply) => {
    await db.install((tx) => rejectSignup(tx, means(), request.params.token))
    return backToLink(request, reply)
  })

  http.post('/confirm/:token/mails', { config: { access } }, async (request: LinkRequest, reply) => {
    const { choice } = (request.body ?? {}) as { choice?: unknown }
    const wanted = choice === 'block' ? 'block' : 'allow'
    await db.install((tx) => chooseMails(tx, means(), request.params.token, wanted))
    return backToLink(request, reply)
  })
}

async function showLink(
  { db, means }: App,
  request: LinkRequest,
  reply: FastifyReply
): Promise<FastifyReply> {
  const view = await db.install((tx) => viewConfirmation(tx, means(), request.params.token))
  if (!view) return send(reply.code(404), unknownLinkView())
  return send(reply, confirmView(view, request.params.token))
}

// After each form the page itself tells what is now the case; reloading it repeats nothing.
function backToLink(request: LinkRequest, reply: FastifyReply): FastifyReply {
  return keepAddressSecret(reply).redirect(`/confirm/${encodeURIComponent(request.params.token)}`, 303)
}

function send(reply: FastifyReply, content: { text: string }): FastifyReply {
  return keepAddressSecret(reply).type('text/html; charset=utf-8').send(content.text)
}
