import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Tx } from '#server/kernel/db.ts'
import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import type { HtmlText } from '#server/kernel/pages.ts'
import { confirmView, unknownLinkView } from './confirm-view.ts'
import { approveSignup, chooseMails, rejectSignup, viewConfirmation } from './confirmation.ts'

type LinkRequest = FastifyRequest<{ Params: { token: string } }>

/** The page behind the link in a sign-up mail: what was asked, yes, "not me", and no more of these. GET changes nothing. */
export function confirmPages(app: App): void {
  const { http, means } = app
  const access = pageAccess({ on: 'home' })

  http.get('/confirm/:token', { config: { access } }, (request: LinkRequest, reply) =>
    showLink(app, request, reply)
  )

  http.post('/confirm/:token/approval', { config: { access } }, (request: LinkRequest, reply) => {
    const { agent } = (request.body ?? {}) as { agent?: unknown }
    return act(app, request, reply, (tx) =>
      approveSignup(tx, means(), request.params.token, agent === 'allow')
    )
  })

  http.post('/confirm/:token/refusal', { config: { access } }, (request: LinkRequest, reply) =>
    act(app, request, reply, (tx) => rejectSignup(tx, means(), request.params.token))
  )

  http.post('/confirm/:token/mails', { config: { access } }, (request: LinkRequest, reply) => {
    const { choice } = (request.body ?? {}) as { choice?: unknown }
    return act(app, request, reply, async (tx) => {
      if (choice === 'block' || choice === 'allow')
        await chooseMails(tx, means(), request.params.token, choice)
    })
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

// After each form the page itself tells what is now the case: a second click, another tab and a reload repeat nothing.
async function act(
  { db }: App,
  request: LinkRequest,
  reply: FastifyReply,
  rule: (tx: Tx) => Promise<void>
): Promise<FastifyReply> {
  await db.install(rule)
  return reply.redirect(`/confirm/${encodeURIComponent(request.params.token)}`, 303)
}

function send(reply: FastifyReply, content: HtmlText): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(content.text)
}
