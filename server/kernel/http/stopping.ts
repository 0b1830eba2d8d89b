import { problem } from '../problem.ts'
import type { Http } from './http-type.ts'

export type Stopping = {
  /** Whether the server is on its way down: what runs is finished, what is new is refused. */
  isStopping: () => boolean
  /** Throws SERVER_STOPPING to a request that came in too late. */
  refuseLateRequest: () => void
}

/**
 * Answers requests that arrive while the server closes. Connections that are still open after `graceSeconds` are cut,
 * because one client that never finishes would keep the process from ending.
 */
export function watchStopping(http: Http, graceSeconds: number): Stopping {
  let isStopping = false
  http.addHook('preClose', async () => {
    isStopping = true
    const cut = setTimeout(() => http.server.closeAllConnections(), graceSeconds * 1000)
    http.server.once('close', () => clearTimeout(cut))
    cut.unref()
  })
  return {
    isStopping: () => isStopping,
    refuseLateRequest: () => {
      if (isStopping) throw problem('SERVER_STOPPING', { retryAfterSeconds: 5 })
    }
  }
}
