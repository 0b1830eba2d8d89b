import type { FastifyReply, FastifyRequest } from 'fastify'
import { isPasswordFresh, readScopes } from '#server/kernel/actor.ts'
import { addSeconds } from '#server/kernel/clock.ts'
import { formText, formTexts } from '#server/kernel/form-text.ts'
import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { forSignedIn, signInUrl } from '#server/kernel/http/browser-session.ts'
import { sendPage } from '#server/kernel/http/send-page.ts'
import { Problem } from '#server/kernel/problem.ts'
import type { Session } from '#server/kernel/session-type.ts'
import { sessionActor } from '../sign-in/session.ts'
import type { MadeApiKey } from './api-key.schema.ts'
import { listKeys, mintKey, revokeKey } from './api-key.ts'
import { apiKeysPage, type KeyDraft, keyLives, keyMadePage } from './api-key-view.ts'

const longestNameCharacters = 120
const keysPerPage = 20

/** A person's own API keys in the browser: list, make, revoke. */
export function apiKeyPages(app: App): void {
  const { http, db, means } = app
  const access = pageAccess({ on: 'any' })

  http.get(
    '/account/keys',
    { config: { access } },
    forSignedIn(app, (session, request, reply) => showKeys(app, session, request, reply))
  )

  http.post(
    '/account/keys',
    { config: { access } },
    forSignedIn(
      app,
      async (session, request, reply) => {
        const draft = readDraft(request.body)
        if (draft.scopes.includes('admin') && !isPasswordFresh(session.passwordAt, means().now))
          return reply.redirect(signInUrl('/account/keys', true), 303)
        if (draft.faults.length > 0 || draft.alert !== '') return refuse(app, session, request, reply, draft)
        try {
          return sendPage(reply, keyMadePage(await makeKey(app, session, draft)))
        } catch (error) {
          if (!(error instanceof Problem) || error.row.status >= 500) throw error
          return refuse(app, session, request, reply, { ...draft, alert: error.message })
        }
      },
      '/account/keys'
    )
  )

  http.post(
    '/account/keys/:id/revoke',
    { config: { access } },
    forSignedIn<{ id: string }>(
      app,
      async (session, request, reply) => {
        await db.write(session, (tx) => revokeKey(tx, sessionActor(session), means(), request.params.id))
        return reply.redirect('/account/keys?done=1', 303)
      },
      '/account/keys'
    )
  )
}

async function showKeys(
  { db, means }: App,
  session: Session,
  request: FastifyRequest,
  reply: FastifyReply,
  draft?: KeyDraft
): Promise<FastifyReply> {
  const { cursor, done } = request.query as { cursor?: unknown; done?: unknown }
  // The page is about one's own keys, also for those who may see everybody's.
  const actor = { ...sessionActor(session), isSuperAdmin: false }
  const wanted = { limit: keysPerPage, ...(typeof cursor === 'string' ? { cursor } : {}) }
  const { rows, cursor: next } = await db.write(session, (tx) => listKeys(tx, actor, wanted))
  const view = {
    keys: rows,
    cursor: next,
    isSuperAdmin: session.isSuperAdmin,
    isPasswordFresh: isPasswordFresh(session.passwordAt, means().now),
    isDone: done === '1'
  }
  return sendPage(reply, apiKeysPage(draft ? { ...view, draft } : view))
}

function refuse(
  app: App,
  session: Session,
  request: FastifyRequest,
  reply: FastifyReply,
  draft: KeyDraft
): Promise<FastifyReply> {
  const alert = draft.alert || 'No key was made. See below what to change.'
  return showKeys(app, session, request, reply.code(422), { ...draft, alert })
}

function makeKey(app: App, session: Session, draft: KeyDraft): Promise<MadeApiKey> {
  const means = app.means()
  const days = Number(draft.days)
  const expiresAt = draft.days === 'none' ? null : addSeconds(means.now, days * 86_400).toISOString()
  const wish = { name: draft.name, scopes: [...readScopes(draft.scopes)], expiresAt }
  return app.db.write(session, (tx) => mintKey(tx, sessionActor(session), means, wish))
}

function readDraft(body: unknown): KeyDraft {
  const name = formText(body, 'name').trim()
  const scopes = formTexts(body, 'scope')
  const days = formText(body, 'days')
  const faults =
    name === ''
      ? ['Say what the key is for.']
      : [...name].length > longestNameCharacters
        ? ['Use at most 120 characters.']
        : []
  const isLifeKnown = keyLives.some(([known]) => known === days)
  const alert =
    readScopes(scopes).size === 0
      ? 'No key was made. Tick at least one thing that it may do.'
      : isLifeKnown
        ? ''
        : 'No key was made. Choose how long it works.'
  return { name, scopes, days, faults, alert }
}
