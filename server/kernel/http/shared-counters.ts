import { createClient } from '@redis/client'
import type { Log } from '../log.ts'

export type SharedCounters = { client: ReturnType<typeof connect>; close: () => Promise<void> }

// A request waits no longer than this for its count; then the node counts for itself.
const answerMs = 200
const longestPauseMs = 5000

/** A Redis or Valkey connection that is kept up in the background. Says once when it is lost and once when it is back. */
export function connectCounters(url: string, log: Log): SharedCounters {
  const client = connect(url)
  let isDown = false
  client.on('error', (err: unknown) => {
    if (isDown) return
    isDown = true
    log.warn({ err }, 'Redis cannot be reached: this node counts requests for itself until it can')
  })
  client.on('ready', () => {
    if (isDown) log.info('Redis is reached again: request counts are shared')
    isDown = false
  })
  // Failures reach the 'error' listener; it keeps trying by itself.
  client.connect().catch(() => {})
  return { client, close: async () => client.destroy() }
}

function connect(url: string) {
  return createClient({
    url,
    disableOfflineQueue: true,
    commandOptions: { timeout: answerMs },
    socket: {
      connectTimeout: 2000,
      reconnectStrategy: (tries) => Math.min(100 * 2 ** Math.min(tries, 10), longestPauseMs)
    }
  })
}
