import { anyone } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { countClientCall } from '#server/kernel/http/client-budget.ts'
import { answerWithWayOut, onboardingErrors, takeAnyFields } from './onboarding-errors.routes.ts'
import { CancelAnswer, CodeAnswer, EmailCorrection, SignupPath, StatusAnswer } from './signup.schema.ts'
import { readSignup } from './signup.ts'
import { cancelSignup, correctEmail, resendCode } from './signup-change.ts'
import { onboardingLimit } from './signup-record.ts'
import type { Body } from './signup-wish.ts'

/** One sign-up as a resource: whoever holds its `signupId` may read and continue it (contract §2). */
export function signupResourceRoutes(app: App): void {
  const { http, db, once, means } = app
  const door = {
    errorHandler: answerWithWayOut(means),
    validatorCompiler: takeAnyFields,
    bodyLimit: 16 * 1024
  }
  const tags = ['Agent onboarding']

  http.get(
    '/api/bo/on/agent/signups/:signupId',
    {
      ...door,
      config: { access: anyone({ on: 'home' }) },
      schema: {
        tags,
        summary: 'Read the state of a sign-up and of its mail',
        params: SignupPath,
        response: { 200: StatusAnswer, ...onboardingErrors }
      }
    },
    (request) => db.install((tx) => readSignup(tx, means(), request.params.signupId))
  )

  http.post(
    '/api/bo/on/agent/signups/:signupId/cancel',
    {
      ...door,
      config: { access: anyone({ on: 'home' }) },
      schema: {
        tags,
        summary: 'End the sign-up; its code and link die',
        params: SignupPath,
        response: { 200: CancelAnswer, ...onboardingErrors }
      }
    },
    (request, reply) => once(request, reply, (tx) => cancelSignup(tx, means(), request.params.signupId))
  )
}

/** A new code for a sign-up, to the same or a corrected address; both count against the budget of [S2]. */
export function signupCodeRoutes(app: App): void {
  const { http, once, means } = app
  const door = makeDoor(app)

  http.post(
    '/api/bo/on/agent/signups/:signupId/resend',
    {
      ...door,
      config: { access: anyone({ on: 'home' }) },
      schema: {
        tags,
        summary: 'Send a new code; the old one dies',
        params: SignupPath,
        response: { 200: CodeAnswer, ...onboardingErrors }
      }
    },
    async (request, reply) => {
      await countClientCall(app, onboardingLimit, request, reply)
      return once(request, reply, (tx) => resendCode(tx, means(), request.params.signupId))
    }
  )

  http.post(
    '/api/bo/on/agent/signups/:signupId/email',
    {
      ...door,
      config: { access: anyone({ on: 'home' }) },
      schema: {
        tags,
        summary: 'Correct the address before confirmation; a new code goes there',
        params: SignupPath,
        body: EmailCorrection,
        response: { 200: CodeAnswer, ...onboardingErrors }
      }
    },
    async (request, reply) => {
      await countClientCall(app, onboardingLimit, request, reply)
      return once(request, reply, (tx) =>
        correctEmail(tx, means(), request.params.signupId, request.body as Body)
      )
    }
  )
}

const tags = ['Agent onboarding']

function makeDoor({ means }: App) {
  return { errorHandler: answerWithWayOut(means), validatorCompiler: takeAnyFields, bodyLimit: 16 * 1024 }
}
