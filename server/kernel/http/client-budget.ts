import type { FastifyReply, FastifyRequest } from 'fastify'
import { countHit, type Limit } from '../limit-hits.ts'
import { problem } from '../problem.ts'
import type { App } from './app-parts.ts'
import { limitKey } from './client-address.ts'
import { addLimitState } from './request-limit.ts'

/**
 * Counts a call of this client against a limit that is kept in PostgreSQL, and tells so in the answer's headers. In a
 * transaction of its own, so that a refused call counts too (contract §1: every call counts). `within` keeps counts
 * apart, such as those of workspaces. Throws `RATE_LIMITED`.
 */
export async function countClientCall(
  { db, means }: Pick<App, 'db' | 'means'>,
  limit: Limit,
  request: FastifyRequest,
  reply: FastifyReply,
  within = ''
): Promise<void> {
  const { secrets, now } = means()
  const client = limitKey(request.clientAddress)
  const subject = within === '' ? client : `${within} ${client}`
  const { isWithin, remaining, resetSeconds } = await db.install((tx) =>
    countHit(tx, secrets, now, limit, subject)
  )
  const { name, quota, windowSeconds } = limit
  addLimitState(reply, { name, quota, windowSeconds, remaining, resetSeconds })
  if (!isWithin) throw problem('RATE_LIMITED', { retryAfterSeconds: resetSeconds })
}
