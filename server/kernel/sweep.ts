import type { Clock } from './clock.ts'
import type { Db, Tx } from './db.ts'
import type { Jobs } from './jobs.ts'
import type { Log } from './log.ts'

/** Removes or wipes what is past its time, one bounded batch in the caller's transaction; answers how many. */
export type Sweep = (tx: Tx, now: Date) => Promise<number>

export type Sweeps = {
  /** Adds a sweep; before the jobs start. Its batch is `sweepBatch` rows at most. */
  add(name: string, sweep: Sweep): void
}

/** The most rows one run of a sweep touches, so that no transaction grows long. */
export const sweepBatch = 500

const sweepSeconds = 60
const mostBatches = 20

/** The periodic round over everything that expires: each sweep in its own transactions, one failure stops no other. */
export function openSweeps({ db, jobs, clock, log }: { db: Db; jobs: Jobs; clock: Clock; log: Log }): Sweeps {
  const sweeps = new Map<string, Sweep>()
  jobs.every('sweep', sweepSeconds, async (signal) => {
    for (const [name, sweep] of sweeps) {
      if (signal.aborted) return
      await sweepAll(db, clock, sweep, signal).catch((err: unknown) =>
        log.error({ err, sweep: name }, 'a sweep failed and will be tried again')
      )
    }
  })
  return {
    add: (name, sweep) => {
      if (sweeps.has(name)) throw new Error(`there is a sweep ${name} already`)
      sweeps.set(name, sweep)
    }
  }
}

// Full batches mean that there is more; what is left after so many waits for the next round.
async function sweepAll(db: Db, clock: Clock, sweep: Sweep, signal: AbortSignal): Promise<void> {
  for (let batch = 1; batch <= mostBatches && !signal.aborted; batch++) {
    const count = await db.install((tx) => sweep(tx, clock()))
    if (count < sweepBatch) return
  }
}
