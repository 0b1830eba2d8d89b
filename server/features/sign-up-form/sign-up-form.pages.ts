import type { FastifyReply, FastifyRequest } from 'fastify'
import { formText } from '#server/kernel/form-text.ts'
import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { countClientCall } from '#server/kernel/http/client-budget.ts'
import { sendPage } from '#server/kernel/http/send-page.ts'
import { Problem } from '#server/kernel/problem.ts'
import type { Fault, SignupWish } from '../onboarding/signup.schema.ts'
import { beginSignup, refuseWhenClosed } from '../onboarding/signup.ts'
import { onboardingLimit } from '../onboarding/signup-record.ts'
import { lookIntoMailPage, signUpFormPage, waitPage } from './sign-up-form-view.ts'

/**
 * The form by which a person opens a workspace without an agent: the rules, the mail and the budget are those of the
 * API's first step; the link in the mail leads on (contract §2).
 */
export function signUpFormPages(app: App): void {
  const { http, means } = app
  const access = pageAccess({ on: 'home' })

  http.get('/signup', { config: { access } }, (_request, reply) => {
    refuseWhenClosed(means())
    return sendPage(reply, signUpFormPage(means().publicUrl))
  })

  http.post('/signup', { config: { access } }, async (request, reply) => {
    refuseWhenClosed(means())
    const wish = readForm(request.body)
    try {
      await begin(app, request, reply, wish)
      return sendPage(reply, lookIntoMailPage(wish))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      return showRefusal(app, reply, error, wish)
    }
  })
}

async function begin(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  wish: SignupWish
): Promise<void> {
  await countClientCall(app, onboardingLimit, request, reply)
  await app.db.install((tx) => beginSignup(tx, app.means(), { ...wish }, request.clientAddress))
}

function showRefusal({ means }: App, reply: FastifyReply, refusal: Problem, wish: SignupWish): FastifyReply {
  const { status } = refusal.row
  if (status === 429) {
    const seconds = refusal.retryAfterSeconds ?? 60
    return sendPage(reply.code(status).header('retry-after', seconds), waitPage(seconds))
  }
  const { errors = [], suggestions = [] } = refusal.members as { errors?: Fault[]; suggestions?: string[] }
  if (errors.length === 0) throw refusal
  return sendPage(reply.code(status), signUpFormPage(means().publicUrl, wish, errors, suggestions))
}

function readForm(body: unknown): SignupWish {
  const field = (name: string) => formText(body, name).trim()
  return { name: field('name'), email: field('email'), company: field('company'), domain: field('domain') }
}
