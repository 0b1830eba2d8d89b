import type { FastifyReply, FastifyRequest } from 'fastify'
import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { countClientCall } from '#server/kernel/http/client-budget.ts'
import { waitText } from '#server/kernel/http/problem-page.ts'
import type { HtmlText } from '#server/kernel/pages.ts'
import { passwordLimit } from '../people/password.ts'
import { checkPassword, type PasswordVerdict } from '../people/password-check.ts'
import { type UndoView, undoSignup, viewUndo } from './undo.ts'
import { deadUndoPage, undonePage, undoQuestion } from './undo-view.ts'

type LinkRequest = FastifyRequest<{ Params: { token: string } }>

/** The page behind the undo link of a welcome mail, on the workspace's own host. GET changes nothing. */
export function undoPages(app: App): void {
  const { http } = app
  const access = pageAccess({ on: 'any' })

  http.get('/undo/:token', { config: { access } }, async (request: LinkRequest, reply) => {
    const view = await findUndo(app, request)
    return view ? show(reply, undoQuestion(view)) : show(reply.code(410), deadUndoPage())
  })

  http.post('/undo/:token', { config: { access } }, async (request: LinkRequest, reply) => {
    await countClientCall(app, passwordLimit, request, reply)
    const view = await findUndo(app, request)
    if (!view) return show(reply.code(410), deadUndoPage())
    const verdict = await judge(app, request, view)
    if (verdict.kind === 'wrong')
      return show(
        reply.code(403),
        undoQuestion(view, 'This is not the password. The workspace is still open.')
      )
    if (verdict.kind === 'wait') return showWait(reply, view, verdict.waitSeconds)
    return undo(app, request, reply, view)
  })
}

async function judge(app: App, request: LinkRequest, view: UndoView): Promise<PasswordVerdict> {
  const { userId, passwordHash } = view.owner
  if (passwordHash === null) return { kind: 'right' }
  const { password } = (request.body ?? {}) as { password?: unknown }
  const account = { tenantId: request.tenant.id, userId, passwordHash }
  return checkPassword(app, account, typeof password === 'string' ? password : '')
}

async function undo(
  app: App,
  request: LinkRequest,
  reply: FastifyReply,
  view: UndoView
): Promise<FastifyReply> {
  const tenantId = request.tenant.id
  const of = { tenantId, undoToken: request.params.token, checkedHash: view.owner.passwordHash }
  const outcome = await app.db.write({ tenantId }, (tx) => undoSignup(tx, app.means(), of))
  if (outcome === 'closed') return show(reply, undonePage(view))
  const current = outcome === 'password-changed' ? await findUndo(app, request) : undefined
  if (!current) return show(reply.code(410), deadUndoPage())
  const fault = 'The password was set a moment ago. Enter it to close the workspace; it is still open.'
  return show(reply.code(403), undoQuestion(current, fault))
}

function showWait(reply: FastifyReply, view: UndoView, waitSeconds: number): FastifyReply {
  const fault = `Too many wrong passwords. It works again ${waitText(waitSeconds)}, or at once when you set a new password by mail. The workspace is still open.`
  return show(reply.code(429).header('retry-after', waitSeconds), undoQuestion(view, fault))
}

function findUndo({ db, means }: App, request: LinkRequest): Promise<UndoView | undefined> {
  const { id } = request.tenant
  return db.write({ tenantId: id }, (tx) => viewUndo(tx, means(), id, request.params.token))
}

function show(reply: FastifyReply, content: HtmlText): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(content.text)
}
