/** Tells the time. Rules are handed `now`; only doors and jobs ask a clock. */
export type Clock = () => Date

export const systemClock: Clock = () => new Date()

/** Milliseconds on a clock that never runs backwards, for measuring how long something took. */
export function monotonicMs(): number {
  return performance.now()
}

export function addSeconds(instant: Date, seconds: number): Date {
  return new Date(instant.getTime() + seconds * 1000)
}

/** Whole seconds from `now` until `instant`, rounded up, never negative: what `Retry-After` needs. */
export function secondsUntil(now: Date, instant: Date): number {
  return Math.max(0, Math.ceil((instant.getTime() - now.getTime()) / 1000))
}
