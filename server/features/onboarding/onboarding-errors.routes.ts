import type { FastifyReply, FastifyRequest, FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { answerProblem } from '#server/kernel/http/errors.ts'
import type { Means } from '#server/kernel/means.ts'
import { type Problem, problem } from '#server/kernel/problem.ts'
import { nextActionsAfter, type Situation } from './next-actions.ts'
import { OnboardingProblem } from './signup.schema.ts'
import { type Body, fault } from './signup-wish.ts'

/** Answers every error of an onboarding route, also those of parsing and limits, with what to do next (contract §2). */
export function answerWithWayOut(means: () => Means) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<string> =>
    answerProblem(error, request, reply, (found) => membersOf(means(), found, request))
}

function membersOf(means: Means, found: Problem, request: FastifyRequest): Record<string, unknown> {
  const { retry, status, field } = found.row
  const members = found.members as Members
  const retryAfterSeconds = found.retryAfterSeconds ?? (status === 429 || status >= 500 ? 1 : undefined)
  const errors = members.errors ?? (field ? [fault(found.code)] : [])
  const sent = readBody(request)
  const path = request.routeOptions.url ?? ''
  const signupId = readSignupId(request, sent)
  return {
    ...members,
    ...(field ? { field } : {}),
    errors,
    retry,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    nextActions: nextActionsAfter(means, {
      ...members,
      code: found.code,
      method: request.method,
      path: signupId ? path.replace(':signupId', signupId) : path,
      ...(signupId ? { signupId } : {}),
      sent,
      errors,
      retryAfterSeconds
    })
  }
}

type Members = Omit<Situation, 'state' | 'signupId' | 'sent' | 'isMailLost'>

function readBody(request: FastifyRequest): Body {
  const { body } = request
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Body) : {}
}

// Only what has the shape of one is echoed into addresses.
function readSignupId(request: FastifyRequest, sent: Body): string | undefined {
  const { signupId } = { ...sent, ...((request.params as Body | undefined) ?? {}) }
  return typeof signupId === 'string' && /^[A-Za-z0-9_-]{22}$/.test(signupId) ? signupId : undefined
}

/** The error answers of every onboarding route, for the OpenAPI document. */
export const onboardingErrors = {
  '4xx': OnboardingProblem
}

/**
 * Stands in for the validator on onboarding routes: any JSON object passes, since [S2] answers faults of fields
 * with 422 and unknown members are ignored (contract §1, §2). The rules judge each field. Throws `MALFORMED_BODY`.
 */
export const takeAnyFields: FastifySchemaCompiler<TSchema> = ({ httpPart }) => {
  return (value: unknown) => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (httpPart === 'body' && !isObject)
      throw problem('MALFORMED_BODY', { fields: [{ field: 'body', code: 'invalid' }] })
    return { value }
  }
}
