import { createClient } from '@redis/client'
import { monotonicMs } from '../clock.ts'
import type { Log } from '../log.ts'

export type SharedCounters = {
  client: ReturnType<typeof connect>
  /** What Redis answers. Throws when it does not answer in time, and then at once for a second, so that few wait. */
  inTime: <T>(ask: () => Promise<T>) => Promise<T>
  close: () => Promise<void>
}

// The client's own timeout ends with the sending of a command: a frozen Redis would hold every request for ever.
const answerMs = 200
const restMs = 1000
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
  return { client, inTime: makeInTime(), close: async () => client.destroy() }
}

function makeInTime(): SharedCounters['inTime'] {
  let restsUntilMs = 0
  return (ask) => {
    if (monotonicMs() < restsUntilMs) return Promise.reject(new Error('Redis was too slow a moment ago'))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        restsUntilMs = monotonicMs() + restMs
        reject(new Error('Redis did not answer in time'))
      }, answerMs)
      ask()
        .then(resolve, reject)
        .finally(() => clearTimeout(timer))
    })
  }
}

function connect(url: string) {
  return createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: 1000,
    socket: {
      connectTimeout: 2000,
      reconnectStrategy: (tries) => Math.min(100 * 2 ** Math.min(tries, 10), longestPauseMs)
    }
  })
}
