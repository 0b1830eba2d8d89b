import type { FastifyReply } from 'fastify'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Log } from '../log.ts'
import { problem } from '../problem.ts'
import { limitKey } from './client-address.ts'
import { connectCounters, type SharedCounters } from './shared-counters.ts'

/** How much of one policy is used up, as the RateLimit fields say it (draft-ietf-httpapi-ratelimit-headers-11). */
export type LimitState = {
  name: string
  quota: number
  windowSeconds: number
  remaining: number
  resetSeconds: number
}

export type RequestLimit = {
  /** Counts a request and tells so in the reply's headers. Throws RATE_LIMITED when it is one too many. */
  count: (reply: FastifyReply, host: string, address: string) => Promise<void>
  close: () => Promise<void>
}

type Counter = { name: string; quota: number; take: (key: string) => Promise<RateLimiterRes> }

const windowSeconds = 1
export const hostsPerAddress = 10

/**
 * The request limit of contract §1: `perSecond` for a client on one host, ten times that for it on all hosts; 0 is off.
 * Memory holds one entry for each key seen within the last second. With Redis the nodes share counts; while Redis
 * cannot be reached each node counts for itself, so the limit then holds per node.
 */
export function makeRequestLimit(perSecond: number, redisUrl: string | undefined, log: Log): RequestLimit {
  if (perSecond === 0) return { count: async () => {}, close: async () => {} }
  const shared = redisUrl === undefined ? undefined : connectCounters(redisUrl, log)
  // A client over its overall limit costs no second count.
  const overall = makeCounter('address', perSecond * hostsPerAddress, shared)
  const perHost = makeCounter('default', perSecond, shared)
  return {
    count: async (reply, host, address) => {
      const client = limitKey(address)
      const all = await takeOne(overall, client)
      const one = all.isOver ? undefined : await takeOne(perHost, `${host} ${client}`)
      for (const taken of [one, all]) if (taken) addLimitState(reply, taken.state)
      const over = [one, all].find((taken) => taken?.isOver)
      if (over) throw problem('RATE_LIMITED', { retryAfterSeconds: over.state.resetSeconds })
    },
    close: async () => shared?.close()
  }
}

function makeCounter(name: string, quota: number, shared: SharedCounters | undefined): Counter {
  const limits = { points: quota, duration: windowSeconds, keyPrefix: `ekso:requests:${name}` }
  const memory = new RateLimiterMemory(limits)
  if (!shared) return { name, quota, take: (key) => memory.consume(key) }
  const redis = new RateLimiterRedis({
    ...limits,
    storeClient: shared.client,
    useRedisPackage: true,
    rejectIfRedisNotReady: true
  })
  const take = async (key: string) => {
    try {
      return await shared.inTime(() => redis.consume(key))
    } catch (error) {
      if (error instanceof RateLimiterRes) throw error
      return memory.consume(key)
    }
  }
  return { name, quota, take }
}

async function takeOne(counter: Counter, key: string): Promise<{ state: LimitState; isOver: boolean }> {
  let isOver = false
  const found = await counter.take(key).catch((refusal: unknown) => {
    if (!(refusal instanceof RateLimiterRes)) throw refusal
    isOver = true
    return refusal
  })
  const resetSeconds = Math.max(1, Math.ceil(found.msBeforeNext / 1000))
  const { name, quota } = counter
  return { state: { name, quota, windowSeconds, remaining: found.remainingPoints, resetSeconds }, isOver }
}

/** Adds a policy and its state to the RateLimit fields of an answer. Names must be plain ASCII words. */
export function addLimitState(reply: FastifyReply, state: LimitState): void {
  const name = `"${state.name}"`
  append(reply, 'ratelimit-policy', `${name};q=${state.quota};w=${state.windowSeconds}`)
  append(reply, 'ratelimit', `${name};r=${Math.max(0, state.remaining)};t=${state.resetSeconds}`)
}

function append(reply: FastifyReply, field: string, item: string): void {
  const earlier = reply.getHeader(field)
  reply.header(field, earlier === undefined ? item : `${earlier}, ${item}`)
}
