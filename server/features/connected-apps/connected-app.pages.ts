import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { forSignedIn } from '#server/kernel/http/browser-session.ts'
import { sendPage } from '#server/kernel/http/send-page.ts'
import { disconnectApp, listApps } from './connected-app.ts'
import { connectedAppsPage } from './connected-app-view.ts'

/** The apps that act for a person, and the way to disconnect them. */
export function connectedAppPages(app: App): void {
  const { http, db, means } = app
  const access = pageAccess({ on: 'any' })

  http.get(
    '/account/apps',
    { config: { access } },
    forSignedIn(app, async (session, request, reply) => {
      const { before, done } = request.query as { before?: unknown; done?: unknown }
      const cursor = typeof before === 'string' ? before : undefined
      const list = await db.write(session, (tx) => listApps(tx, means(), session, cursor))
      const isContinued = cursor !== undefined
      return sendPage(reply, connectedAppsPage({ ...list, isContinued, isDone: done === '1' }))
    })
  )

  http.post(
    '/account/apps/:grantId/disconnect',
    { config: { access } },
    forSignedIn<{ grantId: string }>(
      app,
      async (session, request, reply) => {
        const { grantId } = request.params
        await db.write(session, (tx) => disconnectApp(tx, means(), session, grantId, request.clientAddress))
        return reply.redirect('/account/apps?done=1', 303)
      },
      '/account/apps'
    )
  )
}
