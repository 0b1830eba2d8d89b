import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Actor } from '../actor.ts'
import type { Clock } from '../clock.ts'
import type { Db, Tx } from '../db.ts'
import { answerOnce, copyWaitSeconds, type OnceKey } from '../kept-answer.ts'
import { Problem, problem } from '../problem.ts'
import type { Secrets } from '../secrets.ts'
import { knownActor } from './bearer.ts'

/**
 * Runs a write in one transaction, as the workspace of the caller who is signed in or else as the install, and at
 * most once per `Idempotency-Key` if the request carries one.
 */
export type Once = <T>(
  request: FastifyRequest,
  reply: FastifyReply,
  rule: (tx: Tx) => Promise<T>,
  options?: OnceOptions
) => Promise<T>

/** Keys shorter than this many characters count only together with the caller's address: they may be guessed. */
export type OnceOptions = { shortKeyCharacters?: number }

/**
 * The `Idempotency-Key` of contract §1. What is kept for a signed-in caller hangs on workspace, user, client, method,
 * path and key. Anonymous callers share no client: theirs hangs on the body too, so another body is another request.
 * Copies in this process wait here, without holding a connection.
 */
export function makeOnce(parts: { db: Db; secrets: Secrets; clock: Clock }): Once {
  const running = new Map<string, Promise<unknown>>()
  return async (request, reply, rule, options = {}) => {
    const header = readKey(request)
    const actor = knownActor(request)
    const transact: Db['install'] = actor ? (run) => parts.db.write(actor, run) : parts.db.install
    if (header === undefined) return transact(rule)
    const key = actor
      ? actorKey(parts.secrets, request, actor, header)
      : anonymousKey(parts.secrets, request, header, options)
    const name = key.keyHash.toString('base64')
    await waitForOriginal(running, name)
    const work = transact((tx) => answerOnce(tx, { secrets: parts.secrets, now: parts.clock() }, key, rule))
    running.set(name, work)
    try {
      const { answer, isReplay } = await work
      if (isReplay) reply.header('idempotent-replayed', 'true')
      return answer
    } catch (error) {
      if (error instanceof Problem && error.isReplay) reply.header('idempotent-replayed', 'true')
      throw error
    } finally {
      if (running.get(name) === work) running.delete(name)
    }
  }
}

function readKey(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key']
  if (header === undefined) return undefined
  if (typeof header !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(header))
    throw problem('IDEMPOTENCY_KEY_INVALID')
  return header
}

function actorKey(secrets: Secrets, request: FastifyRequest, actor: Actor, header: string): OnceKey {
  const { tenantId, userId, client } = actor
  const who = [tenantId, userId, client.kind, client.id]
  return {
    keyHash: secrets.hash(
      'idempotency-key',
      'signed-in',
      ...who,
      request.method,
      request.originalUrl,
      header
    ),
    requestHash: secrets.hash('idempotent-request', JSON.stringify(request.body ?? null))
  }
}

function anonymousKey(
  secrets: Secrets,
  request: FastifyRequest,
  header: string,
  options: OnceOptions
): OnceKey {
  const body = JSON.stringify(request.body ?? null)
  const address = header.length < (options.shortKeyCharacters ?? 0) ? request.clientAddress : ''
  const parts = [request.tenant.id, request.method, request.originalUrl, header, body, address]
  return {
    keyHash: secrets.hash('idempotency-key', ...parts),
    requestHash: secrets.hash('idempotent-request', body)
  }
}

// After the original has ended its answer is in the database, or nothing is and the copy does the work.
async function waitForOriginal(running: Map<string, Promise<unknown>>, name: string): Promise<void> {
  const original = running.get(name)
  if (!original) return
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, copyWaitSeconds * 1000, 'late')
  })
  const ended = original.then(
    () => 'ended',
    () => 'ended'
  )
  const first = await Promise.race([ended, late])
  clearTimeout(timer)
  if (first === 'late') throw problem('REQUEST_IN_PROGRESS', { retryAfterSeconds: copyWaitSeconds })
}
