import { anyone } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { countClientCall } from '#server/kernel/http/client-budget.ts'
import { answerWithWayOut, onboardingErrors, takeAnyFields } from './onboarding-errors.routes.ts'
import {
  CheckAnswer,
  CheckRequest,
  CodeAnswer,
  CodeRequest,
  CompletionRequest,
  WorkspaceAnswer
} from './signup.schema.ts'
import { beginSignup, checkSignup } from './signup.ts'
import { completeSignup } from './signup-completion.ts'
import { onboardingLimit, unguessableKeyCharacters } from './signup-record.ts'
import type { Body } from './signup-wish.ts'

/** The two steps of [S2] and their dry run, on the public host. Faults of fields are judged by the rules (422). */
export function signupRoutes(app: App): void {
  const { http, db, once, means } = app
  const door = {
    errorHandler: answerWithWayOut(means),
    validatorCompiler: takeAnyFields,
    bodyLimit: 16 * 1024
  }

  http.post(
    '/api/bo/on/agent/check',
    {
      ...door,
      config: { access: anyone({ on: 'home' }) },
      schema: {
        tags: ['Agent onboarding'],
        summary: 'Check a sign-up without sending anything',
        body: CheckRequest,
        response: { 200: CheckAnswer, ...onboardingErrors }
      }
    },
    (request) => db.install((tx) => checkSignup(tx, means(), request.body as Body))
  )

  http.post(
    '/api/bo/on/agent/code',
    {
      ...door,
      config: { access: anyone({ on: 'home' }) },
      schema: {
        tags: ['Agent onboarding'],
        summary: 'Step 1: send a verification code to the person',
        body: CodeRequest,
        response: { 200: CodeAnswer, ...onboardingErrors }
      }
    },
    async (request, reply) => {
      await countClientCall(app, onboardingLimit, request, reply)
      const begin = { body: request.body as Body, clientAddress: request.clientAddress }
      return once(request, reply, (tx) => beginSignup(tx, means(), begin.body, begin.clientAddress), {
        shortKeyCharacters: unguessableKeyCharacters
      })
    }
  )

  http.post(
    '/api/bo/on/agent/signup',
    {
      ...door,
      config: { access: anyone({ on: 'home' }) },
      schema: {
        tags: ['Agent onboarding'],
        summary: 'Step 2: verify the code and create the workspace',
        body: CompletionRequest,
        response: { 200: WorkspaceAnswer, ...onboardingErrors }
      }
    },
    async (request, reply) => {
      await countClientCall(app, onboardingLimit, request, reply)
      return once(request, reply, (tx) => completeSignup(tx, means(), request.body as Body))
    }
  )
}
