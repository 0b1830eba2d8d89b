import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Db } from '#server/kernel/db.ts'
import { limitKey } from '#server/kernel/http/client-address.ts'
import { addLimitState } from '#server/kernel/http/request-limit.ts'
import { countHit, type Limit } from '#server/kernel/limit-hits.ts'
import type { Means } from '#server/kernel/means.ts'
import { problem } from '#server/kernel/problem.ts'

const onboardingLimit: Limit = { name: 'onboarding', quota: 5, windowSeconds: 300 } // [S2]

/**
 * Counts a call against the one budget that both steps, resend and correction share: 5 in 5 minutes per client
 * address. In a transaction of its own, so that a refused call counts too. Throws `RATE_LIMITED`.
 */
export async function countOnboardingCall(
  parts: { db: Db; means: () => Means },
  request: FastifyRequest,
  reply: FastifyReply
): Promise<void> {
  const { secrets, now } = parts.means()
  const subject = limitKey(request.clientAddress)
  const state = await parts.db.install((tx) => countHit(tx, secrets, now, onboardingLimit, subject))
  const { name, quota, windowSeconds } = onboardingLimit
  addLimitState(reply, {
    name,
    quota,
    windowSeconds,
    remaining: state.remaining,
    resetSeconds: state.resetSeconds
  })
  if (!state.isWithin) throw problem('RATE_LIMITED', { retryAfterSeconds: state.resetSeconds })
}
