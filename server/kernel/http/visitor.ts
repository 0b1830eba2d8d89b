import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Opened, Visitor } from '../session-type.ts'
import { giveSession, sessionToken } from './browser-session.ts'
import { type Cookie, readCookie, setCookie } from './cookie.ts'

/** Shows that a browser signed in to an account before (contract §3). It lets nobody in. */
const browserCookie: Cookie = { name: 'ekso-browser', maxAgeSeconds: 365 * 24 * 3600 }

type Place = { publicUrl: () => URL }

/** What the browser of this request brings to a sign-in beside what is typed. */
export function visitorOf(app: Place, request: FastifyRequest): Visitor {
  return {
    tenantId: request.tenant.id,
    clientAddress: request.clientAddress,
    browser: readCookie(request, browserCookie, app.publicUrl()),
    earlierToken: sessionToken(app, request)
  }
}

/** Lets a browser in: its session, and the cookie by which it is known from now on. 303: the password is not posted on. */
export function letIn(app: Place, reply: FastifyReply, opened: Opened): FastifyReply {
  giveSession(app, reply, opened.token)
  knowBrowser(app, reply, opened.browser)
  return reply.redirect(opened.returnPath, 303)
}

/** Gives the browser the cookie by which it is known from now on. */
export function knowBrowser(app: Place, reply: FastifyReply, browser: string): void {
  setCookie(reply, browserCookie, browser, app.publicUrl())
}
