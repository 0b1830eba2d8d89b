import { addSeconds, secondsUntil } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import type { Means } from '#server/kernel/means.ts'

/** Failed tries of one browser, or of all that never signed in here, at one account. */
export type FailureCount = { failures: Date[]; waits: number; waitUntil: Date | null }

const mostFailures = 10
const windowSeconds = 900
const firstWaitSeconds = 60
const longestWaitSeconds = 900

/**
 * Counts a try as failed, before anybody knows whether it is. After 10 failures in 15 minutes there is a wait of a
 * minute, doubled by each further failure up to 15 minutes, until 15 minutes after a wait nothing failed (contract
 * §3). `waitSeconds` above 0 means: still waiting, and this try counts for nothing.
 */
export function countFailure(held: FailureCount, now: Date): { count: FailureCount; waitSeconds: number } {
  if (held.waitUntil && now < held.waitUntil)
    return { count: held, waitSeconds: Math.max(1, secondsUntil(now, held.waitUntil)) }
  const isCalm = !held.waitUntil || now >= addSeconds(held.waitUntil, windowSeconds)
  const recent = held.failures.filter((failure) => failure > addSeconds(now, -windowSeconds))
  const failures = [...recent, now].slice(-mostFailures)
  const earlierWaits = isCalm ? 0 : held.waits
  if (failures.length < mostFailures && earlierWaits === 0)
    return { count: { failures, waits: 0, waitUntil: null }, waitSeconds: 0 }
  const wait = Math.min(longestWaitSeconds, firstWaitSeconds * 2 ** Math.min(earlierWaits, 10))
  return {
    count: { failures, waits: earlierWaits + 1, waitUntil: addSeconds(now, wait) },
    waitSeconds: 0
  }
}

/** Counts a try against a bucket; tries at once wait for each other on its row. Answers how long to wait, 0 for not. */
export async function beginTry(tx: Tx, now: Date, bucket: Buffer): Promise<number> {
  await tx
    .insertInto('sign_in_failures')
    .values({ bucket, failures: [], expires: addSeconds(now, windowSeconds) })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const row = await tx
    .selectFrom('sign_in_failures')
    .select(['failures', 'waits', 'wait_until'])
    .where('bucket', '=', bucket)
    .forUpdate()
    // The sweep may have been faster; then there is nothing to count on.
    .executeTakeFirst()
  const held = { failures: row?.failures ?? [], waits: row?.waits ?? 0, waitUntil: row?.wait_until ?? null }
  const { count, waitSeconds } = countFailure(held, now)
  if (waitSeconds > 0) return waitSeconds
  await tx
    .updateTable('sign_in_failures')
    .set({
      failures: count.failures,
      waits: count.waits,
      wait_until: count.waitUntil,
      expires: addSeconds(count.waitUntil ?? now, windowSeconds)
    })
    .where('bucket', '=', bucket)
    .execute()
  return 0
}

/** Forgets the failures of a bucket. */
export async function forgetTries(tx: Tx, bucket: Buffer): Promise<void> {
  await tx.deleteFrom('sign_in_failures').where('bucket', '=', bucket).execute()
}

/** Removes a bounded number of buckets in which nothing failed of late. Returns how many. */
export async function sweepFailures(tx: Tx, now: Date, most: number): Promise<number> {
  const due = tx
    .selectFrom('sign_in_failures')
    .select('bucket')
    .where('expires', '<=', now)
    .orderBy('expires')
    .limit(most)
    .forUpdate()
    .skipLocked()
  const { numDeletedRows } = await tx
    .deleteFrom('sign_in_failures')
    .where('bucket', 'in', due)
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** What the counters of an account are kept under: a keyed hash, so that the table names nobody. */
export function failureBucket(
  means: Means,
  account: { tenantId: string; emailKey: string },
  browserId: string | undefined
): Buffer {
  return means.secrets.hash('sign-in-failure', account.tenantId, account.emailKey, browserId ?? '')
}
