import type { FastifyReply, FastifyRequest } from 'fastify'
import { answerProblem } from '#server/kernel/http/errors.ts'
import type { Means } from '#server/kernel/means.ts'
import type { Problem } from '#server/kernel/problem.ts'
import { nextActionsAfter } from './next-actions.ts'
import type { Fault } from './signup.schema.ts'
import { type Body, fault } from './signup-wish.ts'

/** Answers every error of an onboarding route, also those of parsing and limits, with what to do next (contract §2). */
export function answerWithWayOut(means: () => Means) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<string> =>
    answerProblem(error, request, reply, (found) => membersOf(means(), found, request))
}

function membersOf(means: Means, found: Problem, request: FastifyRequest): Record<string, unknown> {
  const { retry, status, field } = found.row
  const { resendAfterSeconds, ...members } = found.members as Members
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
      ...(resendAfterSeconds === undefined ? {} : { resendAfterSeconds }),
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

type Members = {
  errors?: Fault[]
  suggestions?: string[]
  attemptsRemaining?: number
  sendsRemaining?: number
  resendAfterSeconds?: number
}

function readBody(request: FastifyRequest): Body {
  const { body } = request
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Body) : {}
}

// Only what has the shape of one is echoed into addresses.
function readSignupId(request: FastifyRequest, sent: Body): string | undefined {
  const { signupId } = { ...sent, ...((request.params as Body | undefined) ?? {}) }
  return typeof signupId === 'string' && /^[A-Za-z0-9_-]{22}$/.test(signupId) ? signupId : undefined
}
