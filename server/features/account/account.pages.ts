import type { FastifyRequest } from 'fastify'
import { formText } from '#server/kernel/form-text.ts'
import { tenantOrigin } from '#server/kernel/hosts.ts'
import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { forSignedIn } from '#server/kernel/http/browser-session.ts'
import { countClientCall } from '#server/kernel/http/client-budget.ts'
import { waitText } from '#server/kernel/http/problem-page.ts'
import { sendPage } from '#server/kernel/http/send-page.ts'
import { letIn, visitorOf } from '#server/kernel/http/visitor.ts'
import type { Session } from '#server/kernel/session-type.ts'
import { hashPassword, judgePassword, passwordLimit } from '../people/password.ts'
import { type PasswordRules, readPasswordRules } from '../people/password-rules.ts'
import { countSessions } from '../sign-in/session.ts'
import { changeOwnPassword, checkOwnPassword, endOtherSessions, readAccount } from './account.ts'
import { accountPage, type ChangeFaults, changePasswordPage } from './account-view.ts'

const done: Record<string, string> = {
  password: 'Your password was changed. All other browsers are signed out.',
  sessions: 'All other browsers are signed out.'
}

/** A person's own pages: who they are here, where they are signed in, another password. */
export function accountPages(app: App): void {
  const { http, db, means } = app
  const access = pageAccess({ on: 'any' })

  http.get(
    '/account',
    { config: { access } },
    forSignedIn(app, async (session, request, reply) => {
      const { passwordSet } = await readAccount(db, session)
      const browsers = await countSessions(db, means(), session)
      const word = String((request.query as { done?: unknown }).done ?? '')
      return sendPage(
        reply,
        accountPage(request.tenant.name, session, { browsers, passwordSet, done: done[word] })
      )
    })
  )

  http.post(
    '/account/sessions/end',
    { config: { access } },
    forSignedIn(
      app,
      async (session, request, reply) => {
        await db.write(session, (tx) => endOtherSessions(tx, means(), session, request.clientAddress))
        return reply.redirect('/account?done=sessions', 303)
      },
      '/account'
    )
  )

  http.get(
    '/account/password',
    { config: { access } },
    forSignedIn(app, async (session, _request, reply) =>
      sendPage(reply, changePasswordPage(session.email, await passwordRules(app, session)))
    )
  )

  http.post(
    '/account/password',
    { config: { access } },
    forSignedIn(
      app,
      async (session, request, reply) => {
        await countClientCall(app, passwordLimit, request, reply)
        const password = formText(request.body, 'password')
        const rules = await passwordRules(app, session)
        const faults = await judgeChange(app, session, request, password, rules)
        if (faults) return sendPage(reply.code(422), changePasswordPage(session.email, rules, faults))
        const origin = tenantOrigin(app.publicUrl(), request.tenant)
        const passwordHash = await hashPassword(password)
        const visitor = visitorOf(app, request)
        const opened = await db.write(session, (tx) =>
          changeOwnPassword(tx, means(), session, visitor, { passwordHash, origin })
        )
        return letIn(app, reply, opened)
      },
      '/account/password'
    )
  )
}

function passwordRules({ db }: App, session: Session): Promise<PasswordRules> {
  return db.write(session, (tx) => readPasswordRules(tx, session.tenantId))
}

// The current password is checked last: a slip in the new one must not count as a try.
async function judgeChange(
  app: App,
  session: Session,
  request: FastifyRequest,
  password: string,
  rules: PasswordRules
): Promise<ChangeFaults | undefined> {
  const { name, domain } = request.tenant
  const current = formText(request.body, 'current')
  const faults: ChangeFaults = {
    current: current === '' ? ['Enter your current password.'] : [],
    password:
      password !== '' && password === current
        ? ['This is the current password.']
        : judgePassword(password, [session.name, session.email, name, domain ?? ''], rules),
    repeated: formText(request.body, 'repeated') === password ? [] : ['This differs from the first entry.']
  }
  if (Object.values(faults).some((list) => list.length > 0)) return faults
  const verdict = await checkOwnPassword(app, session, current, visitorOf(app, request))
  if (verdict.kind === 'right') return undefined
  const say =
    verdict.kind === 'wrong'
      ? 'This is not your current password.'
      : `Too many wrong passwords. It works again ${waitText(verdict.waitSeconds)}.`
  return { ...faults, current: [say] }
}
