import type { FastifyReply, FastifyRequest } from 'fastify'
import { formText, formTexts } from '#server/kernel/form-text.ts'
import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { findSession, signInUrl } from '#server/kernel/http/browser-session.ts'
import { letFormsLeadTo } from '#server/kernel/http/security-headers.ts'
import { sendPage } from '#server/kernel/http/send-page.ts'
import type { Session } from '#server/kernel/session-type.ts'
import type { AuthorizationServer } from '../oauth/authorization-server.ts'
import {
  type Decision,
  describeInteraction,
  finishInteraction,
  type Interaction,
  type InteractionVisit
} from '../oauth/oauth-interaction.ts'
import { askedScopes, grantedBefore, mustSignInAgain, readTicked } from './consent.ts'
import { consentPage, endedRequestPage } from './consent-view.ts'

type UidRequest = FastifyRequest<{ Params: { uid: string } }>

/** Where `/authorize` sends the browser: sign in, say yes or no, and back to the client (contract §3). */
export function consentPages(app: App, server: AuthorizationServer): void {
  const { http } = app
  const access = pageAccess({ on: 'any' })

  http.get('/interaction/:uid', { config: { access } }, async (request: UidRequest, reply) => {
    const about = await describeInteraction(server, visitOf(request))
    if (!about) return sendPage(reply.code(410), endedRequestPage())
    const session = await findSession(app, request)
    if (!session) return reply.redirect(signInUrl(request.url), 303)
    if (mustSignInAgain(about, session)) return reply.redirect(signInUrl(request.url, true), 303)
    const granted = await grantedBefore(server, request.tenant, about, session)
    if (granted) return finish(server, request, reply, { userId: session.userId, granted })
    return ask(server, request, reply, about, session)
  })

  http.post('/interaction/:uid', { config: { access } }, async (request: UidRequest, reply) => {
    const about = await describeInteraction(server, visitOf(request))
    if (!about) return sendPage(reply.code(410), endedRequestPage())
    const session = await findSession(app, request)
    if (!session) return reply.redirect(signInUrl(request.url), 303)
    if (mustSignInAgain(about, session)) return reply.redirect(signInUrl(request.url, true), 303)
    const { userId } = session
    const ticked = formTexts(request.body, 'scope')
    const refuse = (fault: string) => ask(server, request, reply.code(422), about, session, { ticked, fault })
    if (formText(request.body, 'user') !== userId)
      return refuse('Somebody else signed in meanwhile, in another tab. Check who you are, and decide again.')
    const decision = formText(request.body, 'decision')
    if (decision === 'deny') return finish(server, request, reply, { denied: true, userId })
    if (decision !== 'allow') return refuse('Choose one of the two buttons.')
    const granted = readTicked(askedScopes(about, session, server.clock()), ticked)
    if (!granted) return refuse('Something that you ticked takes more than that. See below.')
    if (granted.length === 0) return refuse('Nothing is ticked. Tick what the app may do, or deny it.')
    return finish(server, request, reply, { userId, granted })
  })
}

function ask(
  server: AuthorizationServer,
  request: UidRequest,
  reply: FastifyReply,
  about: Interaction,
  session: Session,
  again?: { ticked: string[]; fault: string }
): FastifyReply {
  letFormsLeadTo(reply, about.formAction)
  const asked = askedScopes(about, session, server.clock())
  const path = `/interaction/${encodeURIComponent(request.params.uid)}`
  return sendPage(reply, consentPage({ path, workspace: request.tenant.name, session, about, asked, again }))
}

// 303: the browser goes on with a GET, and the form's entries do not follow it to the client.
async function finish(
  server: AuthorizationServer,
  request: UidRequest,
  reply: FastifyReply,
  decision: Decision
): Promise<FastifyReply> {
  const next = await finishInteraction(server, visitOf(request), decision)
  return next === undefined ? sendPage(reply.code(410), endedRequestPage()) : reply.redirect(next, 303)
}

function visitOf(request: UidRequest): InteractionVisit {
  return { tenant: request.tenant, uid: request.params.uid, cookies: request.headers.cookie }
}
