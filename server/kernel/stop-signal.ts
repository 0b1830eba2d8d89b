import type { Log } from './log.ts'

type Stopping = {
  /** Aborted as soon as a signal came, for work that has not finished starting. */
  signal: AbortSignal
  /** Undoes the start, newest step first. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Stops the server at SIGTERM, SIGINT or SIGHUP: what was started last is stopped first, so that requests end
 * before jobs and both before the database. A second signal while that runs ends the process at once.
 */
export function stopOnSignal(log: Log, undo: (() => Promise<unknown>)[]): Stopping {
  const aborted = new AbortController()
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopped ??= undoAll(log, undo)
    return stopped
  }
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (aborted.signal.aborted) process.exit(1)
      aborted.abort()
      log.info({ signal: name }, 'stopping')
      void stop().then(() => log.info('stopped'))
    })
  }
  return { signal: aborted.signal, stop }
}

async function undoAll(log: Log, undo: (() => Promise<unknown>)[]): Promise<void> {
  for (let step = undo.pop(); step; step = undo.pop())
    await step().catch((err: unknown) => log.error({ err }, 'a part did not stop cleanly'))
}
