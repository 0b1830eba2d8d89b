import { anyone } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { answerWithWayOut, onboardingErrors } from './onboarding-errors.routes.ts'
import { EntryAnswer } from './signup.schema.ts'
import { describeEntry } from './signup.ts'

/** The address that the agent card names: where a caller who knows nothing yet gets its first calls. */
export function signupEntryRoutes({ http, means }: App): void {
  http.get(
    '/api/bo/on/agent',
    {
      config: { access: anyone({ on: 'home' }) },
      errorHandler: answerWithWayOut(means),
      schema: {
        tags: ['Agent onboarding'],
        summary: 'Read how a sign-up begins',
        response: { 200: EntryAnswer, ...onboardingErrors }
      }
    },
    () => describeEntry(means())
  )
}
