import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { monotonicMs } from '../clock.ts'
import type { Problem } from '../problem.ts'
import { knownTenantId } from './tenant-host.ts'

const problems = new WeakMap<IncomingMessage, Problem>()

/** Remembers the problem for the request's line, and logs at once what an operator must mend. */
export function noteProblem(request: FastifyRequest, found: Problem): void {
  problems.set(request.raw, found)
  if (found.row.status === 500) request.log.error({ err: found.cause ?? found }, 'A request failed')
  else if (found.cause !== undefined) request.log.warn({ err: found.cause }, found.code)
}

/** One line when the answer is out or the client is gone. It holds the route's pattern and never the URL (contract §2). */
export function logAtEnd(request: FastifyRequest, reply: FastifyReply): void {
  const startedMs = monotonicMs()
  reply.raw.once('close', () => {
    const line = {
      method: request.method,
      route: request.is404 ? undefined : request.routeOptions.url,
      status: reply.raw.statusCode,
      ms: Math.round(monotonicMs() - startedMs),
      tenantId: knownTenantId(request),
      problem: problems.get(request.raw)?.code,
      aborted: reply.raw.writableEnded ? undefined : true
    }
    if (request.routeOptions.config?.access?.on === 'anywhere') request.log.debug(line, 'request')
    else request.log.info(line, 'request')
  })
}
