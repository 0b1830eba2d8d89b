import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { recordEvent } from '#server/kernel/audit.ts'
import { formText } from '#server/kernel/form-text.ts'
import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { findSession, giveSession, sessionToken } from '#server/kernel/http/browser-session.ts'
import { countClientCall } from '#server/kernel/http/client-budget.ts'
import { readCookie, setCookie } from '#server/kernel/http/cookie.ts'
import { waitText } from '#server/kernel/http/problem-page.ts'
import { sendPage } from '#server/kernel/http/send-page.ts'
import { letIn, visitorOf } from '#server/kernel/http/visitor.ts'
import type { HtmlText } from '#server/kernel/pages.ts'
import type { Opened } from '#server/kernel/session-type.ts'
import { passwordLimit } from '../people/password.ts'
import { returnPath } from './return-path.ts'
import { codeSeconds, isCodeAwaited, spendCode } from './second-factor.ts'
import { endSession } from './session.ts'
import { noteFailure, open, type SignInOutcome, signIn } from './sign-in.ts'
import { codePage, signedOutPage, signInPage } from './sign-in-view.ts'

type SignInRequest = FastifyRequest<{ Querystring: { return?: unknown; again?: unknown; other?: unknown } }>

/** Holds a browser to the code that was mailed for it. */
const stepCookie = { name: 'ekso-step', maxAgeSeconds: codeSeconds }

// More than a hash and its writes take when nobody waits: how long a no takes must not tell who has an account.
const refusalMs = 250
const longestEmailCharacters = 320
const wrong = 'The e-mail address or the password is wrong.'
const access = pageAccess({ on: 'any' })

/** Sign in with a password, with a mailed code where the workspace wants one, and sign out. */
export function signInPages(app: App): void {
  const { http, publicUrl } = app

  http.get('/sign-in', { config: { access } }, async (request: SignInRequest, reply) => {
    const session = await findSession(app, request)
    const to = returnPath(request.query.return)
    const isAgain = session !== undefined && request.query.again === '1'
    if (session && !isAgain && request.query.other !== '1') return reply.redirect(to, 303)
    const view = { workspace: request.tenant.name, returnPath: to, isAgain }
    return sendPage(reply, signInPage(isAgain ? { ...view, email: session.email } : view))
  })

  http.post('/sign-in', { config: { access } }, async (request, reply) => {
    await countClientCall(app, passwordLimit, request, reply)
    const email = formText(request.body, 'email').trim().slice(0, longestEmailCharacters)
    const typed = {
      email,
      password: formText(request.body, 'password'),
      returnPath: returnPath(formText(request.body, 'return'))
    }
    const [outcome] = await Promise.all([signIn(app, visitorOf(app, request), typed), sleep(refusalMs)])
    if (outcome.kind === 'open') return letIn(app, reply, outcome)
    if (outcome.kind === 'code') {
      setCookie(reply, stepCookie, outcome.stepToken, publicUrl())
      return reply.redirect('/sign-in/code', 303)
    }
    const isAgain = formText(request.body, 'again') === '1'
    const view = { workspace: request.tenant.name, returnPath: typed.returnPath, email, isAgain }
    return refuse(reply, outcome, (fault) => signInPage({ ...view, fault }))
  })

  http.post('/sign-out', { config: { access } }, async (request, reply) => {
    const token = sessionToken(app, request)
    if (token !== undefined) await signOut(app, request, token)
    giveSession(app, reply, '')
    return reply.redirect('/sign-out', 303)
  })

  http.get('/sign-out', { config: { access } }, async (request, reply) => {
    // Following a link signs nobody out, and must not say so.
    if (await findSession(app, request)) return reply.redirect('/account', 303)
    return sendPage(reply, signedOutPage(request.tenant.name))
  })
}

/** The second step: the code from the mail. */
export function signInCodePages(app: App): void {
  const { http, db, means, publicUrl } = app

  http.get('/sign-in/code', { config: { access } }, async (request, reply) => {
    const { id } = request.tenant
    const stepToken = readCookie(request, stepCookie, publicUrl()) ?? ''
    const isAwaited = await db.write({ tenantId: id }, (tx) => isCodeAwaited(tx, means(), id, stepToken))
    return isAwaited ? sendPage(reply, codePage()) : reply.redirect('/sign-in', 303)
  })

  http.post('/sign-in/code', { config: { access } }, async (request, reply) => {
    await countClientCall(app, passwordLimit, request, reply)
    const stepToken = readCookie(request, stepCookie, publicUrl()) ?? ''
    const visitor = visitorOf(app, request)
    const typed = formText(request.body, 'code')
    const outcome = await db.write(visitor, async (tx) => {
      const verdict = await spendCode(tx, means(), { tenantId: visitor.tenantId, stepToken, typed })
      if (verdict.kind === 'right') return open(tx, means(), visitor, verdict.proof, verdict.returnPath)
      if (verdict.kind === 'wrong') await noteFailure(tx, means(), visitor, verdict.userId)
      return verdict
    })
    if (outcome.kind === 'ended') return reply.redirect('/sign-in', 303)
    if (outcome.kind !== 'open') return refuse(reply, outcome, codePage, 'This is not the code.')
    setCookie(reply, stepCookie, '', publicUrl())
    return letIn(app, reply, outcome)
  })
}

type Refused = Exclude<SignInOutcome, Opened | { kind: 'code' }>

function refuse(
  reply: FastifyReply,
  outcome: Refused | { kind: 'wrong'; userId: string },
  view: (fault: string) => HtmlText,
  wrongFault = wrong
): FastifyReply {
  if (outcome.kind === 'off')
    return sendPage(
      reply.code(403),
      view('This workspace does not take passwords. Ask its super admin how to sign in.')
    )
  if (outcome.kind === 'wrong') return sendPage(reply.code(403), view(wrongFault))
  const when = waitText(outcome.waitSeconds)
  const fault =
    outcome.kind === 'wait'
      ? `Too many tries went wrong. It works again ${when}, or at once when you set a new password by mail.`
      : `Too many codes were mailed. It works again ${when}, or at once when you set a new password by mail.`
  return sendPage(reply.code(429).header('retry-after', outcome.waitSeconds), view(fault))
}

async function signOut({ db, means }: App, request: FastifyRequest, token: string): Promise<void> {
  const { tenant, clientAddress } = request
  const tenantId = tenant.id
  await db.write({ tenantId }, async (tx) => {
    const userId = await endSession(tx, means(), tenantId, token)
    if (userId === undefined) return
    await recordEvent(tx, means(), { tenantId, kind: 'signed-out', actorUserId: userId, clientAddress })
  })
}
