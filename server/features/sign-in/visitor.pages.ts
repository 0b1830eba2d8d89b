import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '#server/kernel/http/app-parts.ts'
import { giveSession, sessionToken } from '#server/kernel/http/browser-session.ts'
import { readCookie, setCookie } from '#server/kernel/http/cookie.ts'
import { browserCookie } from '../people/known-browser.ts'
import type { Opened, Visitor } from './sign-in.ts'

/** What a browser brings to a sign-in beside what is typed. */
export function visitorOf(app: App, request: FastifyRequest): Visitor {
  return {
    tenantId: request.tenant.id,
    clientAddress: request.clientAddress,
    browser: readCookie(request, browserCookie, app.publicUrl()),
    earlierToken: sessionToken(app, request)
  }
}

/** Lets a browser in: its session, and the cookie by which it is known from now on. */
export function enter(app: App, reply: FastifyReply, opened: Opened): FastifyReply {
  giveSession(app, reply, opened.token)
  setCookie(reply, browserCookie, opened.browser, app.publicUrl())
  return reply.redirect(opened.returnPath, 303)
}
