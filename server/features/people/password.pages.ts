import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { formText, formTexts } from '#server/kernel/form-text.ts'
import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { countClientCall } from '#server/kernel/http/client-budget.ts'
import { knowBrowser, visitorOf } from '#server/kernel/http/visitor.ts'
import type { HtmlText } from '#server/kernel/pages.ts'
import { judgeEmailAddress } from '../addresses/email-address.ts'
import { agentsOf, disconnectApp } from '../connected-apps/connected-app.ts'
import type { ConnectedApp } from '../oauth/oauth-grant.ts'
import { rememberBrowser } from '../sign-in/known-browser.ts'
import { hashPassword, judgePassword, passwordLimit } from './password.ts'
import { findLinkHolder, type LinkHolder, mailPasswordLink, spendPasswordLink } from './password-link.ts'
import {
  askForLinkPage,
  deadLinkPage,
  linkSentPage,
  type PasswordFaults,
  passwordForm,
  passwordSetPage,
  usedLinkPage
} from './password-view.ts'

type TokenRequest = FastifyRequest<{ Params: { token: string } }>

// Well above what finding a user and posting a letter takes.
const linkAnswerMs = 250

// As many boxes as the form can show.
const mostUnwanted = 50

/** The page behind a mailed link that sets a password, and the form that asks for a new link. GET changes nothing. */
export function passwordPages(app: App): void {
  const { http, db, means } = app
  const access = pageAccess({ on: 'any' })

  http.get('/password', { config: { access } }, (request, reply) =>
    show(reply, askForLinkPage(request.tenant.name))
  )

  http.post('/password', { config: { access } }, async (request, reply) => {
    await countClientCall(app, passwordLimit, request, reply)
    const email = formText(request.body, 'email').trim()
    if (judgeEmailAddress(email)) return show(reply.code(422), askForLinkPage(request.tenant.name, email))
    const place = { tenantId: request.tenant.id, domain: request.tenant.domain }
    // The same answer after the same time, so that neither tells who has an account here.
    await Promise.all([
      db.write(place, (tx) => mailPasswordLink(tx, means(), place, email)),
      sleep(linkAnswerMs)
    ])
    return show(reply, linkSentPage())
  })

  http.get('/password/:token', { config: { access } }, async (request: TokenRequest, reply) => {
    const holder = await linkHolder(app, request)
    if (!holder || holder.used) return showDead(reply, holder)
    return show(reply, passwordForm(request.tenant.name, holder, await connectedAgents(app, request, holder)))
  })

  http.post('/password/:token', { config: { access } }, async (request: TokenRequest, reply) => {
    await countClientCall(app, passwordLimit, request, reply)
    const holder = await linkHolder(app, request)
    if (!holder || holder.used) return showDead(reply, holder)
    const { name, domain } = request.tenant
    const password = formText(request.body, 'password')
    const faults: PasswordFaults = {
      password: judgePassword(password, [holder.name, holder.email, name, domain ?? ''], holder.rules),
      repeated: formText(request.body, 'repeated') === password ? [] : ['This differs from the first entry.']
    }
    if (faults.password.length + faults.repeated.length > 0) {
      const again = { faults, disconnect: formTexts(request.body, 'disconnect') }
      const agents = await connectedAgents(app, request, holder)
      return show(reply.code(422), passwordForm(name, holder, agents, again))
    }
    const userId = await spendLink(app, request, password)
    if (userId === undefined) return showDead(reply, await linkHolder(app, request))
    letPast(app, request, reply, userId)
    return show(reply, passwordSetPage(name, holder.email))
  })
}

// Hashed before the transaction: it takes as long as fifty queries, and may have to wait its turn.
async function spendLink(
  { db, means }: App,
  request: TokenRequest,
  password: string
): Promise<string | undefined> {
  const { id: tenantId, domain } = request.tenant
  const passwordHash = await hashPassword(password)
  const { clientAddress } = request
  const spend = { tenantId, domain, token: request.params.token, passwordHash, clientAddress }
  const unwanted = formTexts(request.body, 'disconnect').slice(0, mostUnwanted)
  return db.write({ tenantId }, async (tx) => {
    const userId = await spendPasswordLink(tx, means(), spend)
    if (userId === undefined) return undefined
    for (const grantId of unwanted)
      await disconnectApp(tx, means(), { tenantId, userId }, grantId, clientAddress)
    return userId
  })
}

// Another password than the first disconnects them all, so there is nothing to choose.
async function connectedAgents(
  { db, means }: App,
  request: TokenRequest,
  { userId, hasPassword }: LinkHolder
): Promise<ConnectedApp[]> {
  const owner = { tenantId: request.tenant.id, userId }
  return hasPassword ? [] : db.write(owner, (tx) => agentsOf(tx, means(), owner))
}

// Whoever reads the account's mail signs in past the strangers who keep others waiting (contract §3).
function letPast(app: App, request: FastifyRequest, reply: FastifyReply, userId: string): void {
  const { tenantId, browser } = visitorOf(app, request)
  const known = rememberBrowser(app.secrets, { tenantId, userId }, browser, true)
  knowBrowser(app, reply, known)
}

function linkHolder({ db, means }: App, request: TokenRequest): Promise<LinkHolder | undefined> {
  const { id } = request.tenant
  return db.write({ tenantId: id }, (tx) => findLinkHolder(tx, means(), id, request.params.token))
}

function showDead(reply: FastifyReply, holder: LinkHolder | undefined): FastifyReply {
  return show(reply.code(410), holder?.used ? usedLinkPage(holder.used) : deadLinkPage())
}

function show(reply: FastifyReply, content: HtmlText): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(content.text)
}
