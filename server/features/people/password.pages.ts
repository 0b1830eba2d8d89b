import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { countClientCall } from '#server/kernel/http/client-budget.ts'
import type { HtmlText } from '#server/kernel/pages.ts'
import { judgeEmailAddress } from '../addresses/email-address.ts'
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

/** The page behind a mailed link that sets a password, and the form that asks for a new link. GET changes nothing. */
export function passwordPages(app: App): void {
  const { http, db, means } = app
  const access = pageAccess({ on: 'any' })

  http.get('/password', { config: { access } }, (request, reply) =>
    show(reply, askForLinkPage(request.tenant.name))
  )

  http.post('/password', { config: { access } }, async (request, reply) => {
    await countClientCall(app, passwordLimit, request, reply)
    const email = textOf(request.body, 'email').trim()
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
    return show(reply, passwordForm(request.tenant.name, holder))
  })

  http.post('/password/:token', { config: { access } }, async (request: TokenRequest, reply) => {
    await countClientCall(app, passwordLimit, request, reply)
    const holder = await linkHolder(app, request)
    if (!holder || holder.used) return showDead(reply, holder)
    const { name, domain } = request.tenant
    const password = textOf(request.body, 'password')
    const faults: PasswordFaults = {
      password: judgePassword(password, [holder.name, holder.email, name, domain ?? '']),
      repeated: textOf(request.body, 'repeated') === password ? [] : ['This differs from the first entry.']
    }
    if (faults.password.length + faults.repeated.length > 0)
      return show(reply.code(422), passwordForm(name, holder, faults))
    const isSet = await setPassword(app, request, password)
    return isSet
      ? show(reply, passwordSetPage(name, holder.email))
      : showDead(reply, await linkHolder(app, request))
  })
}

// Hashed before the transaction: it takes as long as fifty queries, and may have to wait its turn.
async function setPassword({ db, means }: App, request: TokenRequest, password: string): Promise<boolean> {
  const tenantId = request.tenant.id
  const spend = { tenantId, token: request.params.token, passwordHash: await hashPassword(password) }
  return db.write({ tenantId }, (tx) => spendPasswordLink(tx, means(), spend))
}

function linkHolder({ db, means }: App, request: TokenRequest): Promise<LinkHolder | undefined> {
  const { id } = request.tenant
  return db.write({ tenantId: id }, (tx) => findLinkHolder(tx, means(), id, request.params.token))
}

function textOf(body: unknown, name: string): string {
  const value = ((body ?? {}) as Record<string, unknown>)[name]
  return typeof value === 'string' ? value : ''
}

function showDead(reply: FastifyReply, holder: LinkHolder | undefined): FastifyReply {
  return show(reply.code(410), holder?.used ? usedLinkPage(holder.used) : deadLinkPage())
}

function show(reply: FastifyReply, content: HtmlText): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(content.text)
}
