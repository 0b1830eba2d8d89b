import type { FastifyReply, FastifyRequest } from 'fastify'
import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { countClientCall } from '#server/kernel/http/client-budget.ts'
import { keepAddressSecret } from '#server/kernel/http/security-headers.ts'
import { type HtmlText, html, page } from '#server/kernel/pages.ts'
import { isPasswordRight, passwordLimit } from '../people/password.ts'
import { type UndoView, undoSignup, viewUndo } from './undo.ts'

type LinkRequest = FastifyRequest<{ Params: { token: string } }>

/** The page behind the undo link of a welcome mail, on the workspace's own host. GET changes nothing. */
export function undoPages(app: App): void {
  const { http, db, means } = app
  const access = pageAccess({ on: 'any' })

  http.get('/undo/:token', { config: { access } }, async (request: LinkRequest, reply) => {
    const view = await findUndo(app, request)
    return view ? show(reply, questionPage(view)) : show(reply.code(410), deadLinkPage())
  })

  http.post('/undo/:token', { config: { access } }, async (request: LinkRequest, reply) => {
    await countClientCall(app, passwordLimit, request, reply)
    const view = await findUndo(app, request)
    if (!view) return show(reply.code(410), deadLinkPage())
    const { password } = (request.body ?? {}) as { password?: unknown }
    const given = typeof password === 'string' ? password : ''
    if (view.passwordHash !== null && !(await isPasswordRight(given, view.passwordHash)))
      return show(reply.code(403), questionPage(view, 'This is not the password of the owner.'))
    const { id } = request.tenant
    const undo = { tenantId: id, undoToken: request.params.token, checkedHash: view.passwordHash }
    const isUndone = await db.write({ tenantId: id }, (tx) => undoSignup(tx, means(), undo))
    return isUndone ? show(reply, undonePage(view)) : show(reply.code(410), deadLinkPage())
  })
}

function findUndo({ db, means }: App, request: LinkRequest): Promise<UndoView | undefined> {
  const { id } = request.tenant
  return db.write({ tenantId: id }, (tx) => viewUndo(tx, means(), id, request.params.token))
}

function show(reply: FastifyReply, content: HtmlText): FastifyReply {
  return keepAddressSecret(reply).type('text/html; charset=utf-8').send(content.text)
}

function questionPage(view: UndoView, fault?: string): HtmlText {
  const passwordField =
    view.passwordHash !== null &&
    html`<input type="hidden" name="username" autocomplete="username" value="${view.email}">
<label for="password">Your password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="40" required>`
  return page({
    title: 'Close this workspace?',
    body: html`<h1>Close this workspace?</h1>
<p>This undoes the sign-up of ${view.company} (${view.domain}) for ${view.email}. The workspace closes at once for
everybody, and what it holds is erased after 7 days. It cannot be opened again.</p>
${fault && html`<p class="alarm" role="alert">${fault}</p>`}
<form method="post">${passwordField}<button class="danger">Close the workspace</button></form>
<p class="quiet">To keep it, just leave this page.</p>`
  })
}

function undonePage(view: UndoView): HtmlText {
  return page({
    title: 'The workspace is closed',
    body: html`<h1>The workspace is closed</h1>
<p>${view.company} (${view.domain}) is closed and will be erased in 7 days. Its name stays yours: for 180 days nobody
but ${view.email} can take it.</p>`
  })
}

function deadLinkPage(): HtmlText {
  return page({
    title: 'This link no longer works',
    body: html`<h1>This link no longer works</h1>
<p>A sign-up can be undone for 72 hours after it was confirmed, once.</p>`
  })
}
