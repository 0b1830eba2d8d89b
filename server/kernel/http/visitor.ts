import type { FastifyReply, FastifyRequest } from 'fastify'
import { pageMark } from '../page-mark.ts'
import { type HtmlText, html, page } from '../pages.ts'
import type { Opened, Visitor } from '../session-type.ts'
import { giveSession, sessionToken } from './browser-session.ts'
import { type Cookie, readCookie, setCookie } from './cookie.ts'
import { sendPage } from './send-page.ts'

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

/**
 * Lets a browser in: its session, the cookie by which it is known from now on, and on to where it wanted to go. 303:
 * the password is not posted on.
 */
export function letIn(app: Place, reply: FastifyReply, opened: Opened): FastifyReply {
  giveSession(app, reply, opened.token)
  knowBrowser(app, reply, opened.browser)
  if (opened.returnPath.startsWith('/interaction/')) return sendPage(reply, onwardPage(opened.returnPath))
  return reply.redirect(opened.returnPath, 303)
}

// From an interaction the way may lead on to a client's own host, and `form-action` holds every redirect that follows
// upon the sign-in form to ours. A page in between ends the form's chain.
function onwardPage(path: string): HtmlText {
  return page({
    title: 'You are signed in',
    goesOnTo: path,
    body: html`${pageMark('done')}
<h1>You are signed in</h1>
<p><a class="button" href="${path}">Go on</a></p>`
  })
}

/** Gives the browser the cookie by which it is known from now on. */
export function knowBrowser(app: Place, reply: FastifyReply, browser: string): void {
  setCookie(reply, browserCookie, browser, app.publicUrl())
}
