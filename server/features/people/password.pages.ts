import type { FastifyReply, FastifyRequest } from 'fastify'
import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { countClientCall } from '#server/kernel/http/client-budget.ts'
import { keepAddressSecret } from '#server/kernel/http/security-headers.ts'
import { type HtmlText, html, page } from '#server/kernel/pages.ts'
import { hashPassword, judgePassword, passwordLimit } from './password.ts'
import { findLinkHolder, type LinkHolder, mailPasswordLink, spendPasswordLink } from './password-link.ts'

type TokenRequest = FastifyRequest<{ Params: { token: string } }>

/** The page behind a mailed link that sets a password, and the form that asks for a new link. */
export function passwordPages(app: App): void {
  const { http, db, means } = app

  http.get(
    '/password/:token',
    { config: { access: pageAccess({ on: 'any' }) } },
    async (request: TokenRequest, reply) => {
      const holder = await linkHolder(app, request)
      return holder
        ? show(reply, passwordForm(request.tenant.name, holder, []))
        : show(reply.code(410), deadLinkPage())
    }
  )

  http.post(
    '/password/:token',
    { config: { access: pageAccess({ on: 'any' }) } },
    async (request: TokenRequest, reply) => {
      await countClientCall(app, passwordLimit, request, reply)
      const holder = await linkHolder(app, request)
      if (!holder) return show(reply.code(410), deadLinkPage())
      const { password, repeated } = readForm(request.body)
      const faults = password === repeated ? judgePassword(password, holder) : ['The two entries differ.']
      if (faults.length > 0) return show(reply.code(422), passwordForm(request.tenant.name, holder, faults))
      // Hashed before the transaction: it takes as long as fifty queries, and may have to wait its turn.
      const passwordHash = await hashPassword(password)
      const spend = { tenantId: request.tenant.id, token: request.params.token, passwordHash }
      const isSet = await db.write({ tenantId: request.tenant.id }, (tx) =>
        spendPasswordLink(tx, means(), spend)
      )
      return isSet ? show(reply, passwordSetPage(request.tenant.name)) : show(reply.code(410), deadLinkPage())
    }
  )

  http.post('/password', { config: { access: pageAccess({ on: 'any' }) } }, async (request, reply) => {
    await countClientCall(app, passwordLimit, request, reply)
    const { email } = readForm(request.body)
    const place = { tenantId: request.tenant.id, domain: request.tenant.domain }
    await db.write(place, (tx) => mailPasswordLink(tx, means(), place, email))
    return show(reply, linkSentPage())
  })
}

function linkHolder({ db, means }: App, request: TokenRequest): Promise<LinkHolder | undefined> {
  const { id } = request.tenant
  return db.write({ tenantId: id }, (tx) => findLinkHolder(tx, means(), id, request.params.token))
}

function readForm(body: unknown): { password: string; repeated: string; email: string } {
  const { password, repeated, email } = (body ?? {}) as Record<string, unknown>
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return { password: text(password), repeated: text(repeated), email: text(email).trim() }
}

function show(reply: FastifyReply, content: HtmlText): FastifyReply {
  return keepAddressSecret(reply).type('text/html; charset=utf-8').send(content.text)
}

function passwordForm(workspace: string, holder: LinkHolder, faults: string[]): HtmlText {
  const alert =
    faults.length > 0 &&
    html`<ul class="alarm" role="alert">${faults.map((fault) => html`<li>${fault}</li>`)}</ul>`
  return page({
    title: 'Set your password',
    body: html`<h1>Set your password</h1>
<p>For ${holder.email} in the workspace ${workspace}.</p>
${alert}
<form method="post">
<input type="hidden" name="username" autocomplete="username" value="${holder.email}">
<label for="password">New password</label>
<input id="password" name="password" type="password" autocomplete="new-password" minlength="8" maxlength="40" required aria-describedby="rules">
<p id="rules" class="quiet">8 to 40 characters, with an upper-case letter, a lower-case letter and a digit.</p>
<label for="repeated">The same again</label>
<input id="repeated" name="repeated" type="password" autocomplete="new-password" maxlength="40" required>
<button>Set the password</button>
</form>`
  })
}

function passwordSetPage(workspace: string): HtmlText {
  return page({
    title: 'Your password is set',
    body: html`<h1>Your password is set</h1>
<p>You are the owner of ${workspace}. The link that you used no longer works.</p>
<p><a href="/">To the workspace</a></p>`
  })
}

function deadLinkPage(): HtmlText {
  return page({
    title: 'This link no longer works',
    body: html`<h1>This link no longer works</h1>
<p>It was used already, a newer one was sent, or its time has passed. <a href="/">Have a new link sent</a>.</p>`
  })
}

function linkSentPage(): HtmlText {
  return page({
    title: 'Look into your mail',
    body: html`<h1>Look into your mail</h1>
<p>If this address belongs to somebody in this workspace, a link to set the password is on its way. Only the newest
link works. Nothing there after a few minutes? Look among spam, then ask again.</p>`
  })
}
