import type { FastifyRequest } from 'fastify'
import type { Db } from '#server/kernel/db.ts'
import { limitKey } from '#server/kernel/http/client-address.ts'
import { countHit, type Limit } from '#server/kernel/limit-hits.ts'
import type { Means } from '#server/kernel/means.ts'
import { problem } from '#server/kernel/problem.ts'

const passwordLimit: Limit = { name: 'password', quota: 10, windowSeconds: 60 }

/** Counts a post that sets, checks or asks for a password: 10 a minute per client address (contract §3). Throws `RATE_LIMITED`. */
export async function countPasswordPost(
  parts: { db: Db; means: () => Means },
  request: FastifyRequest
): Promise<void> {
  const { secrets, now } = parts.means()
  const subject = limitKey(request.clientAddress)
  const state = await parts.db.install((tx) => countHit(tx, secrets, now, passwordLimit, subject))
  if (!state.isWithin) throw problem('RATE_LIMITED', { retryAfterSeconds: state.resetSeconds })
}
