import type { Db, Tx } from '#server/kernel/db.ts'
import { clearHits, countHit, type Limit } from '#server/kernel/limit-hits.ts'
import type { Means } from '#server/kernel/means.ts'
import { isPasswordRight } from './password.ts'

/** One account, by which wrong passwords are counted wherever they come from. */
export type Account = { tenantId: string; userId: string }

export type PasswordVerdict = { kind: 'right' } | { kind: 'wrong' } | { kind: 'wait'; waitSeconds: number }

const failureLimit: Limit = { name: 'password-failure', quota: 10, windowSeconds: 900 }

/**
 * Checks a person's password. After 10 failures in 15 minutes the account waits, also with the right password, until
 * the oldest is 15 minutes old or a password was set by a mailed link (contract §3). A try counts before it is
 * compared, so parallel guesses all count; a right one forgets them. Throws `RATE_LIMITED` as `isPasswordRight`.
 */
export async function checkPassword(
  parts: { db: Db; means: () => Means },
  account: Account & { passwordHash: string },
  password: string
): Promise<PasswordVerdict> {
  const { secrets, now } = parts.means()
  const state = await parts.db.install((tx) => countHit(tx, secrets, now, failureLimit, subjectOf(account)))
  if (!state.isWithin) return { kind: 'wait', waitSeconds: state.resetSeconds }
  // Outside any transaction: it takes as long as fifty queries, and may have to wait its turn.
  if (!(await isPasswordRight(password, account.passwordHash))) return { kind: 'wrong' }
  await parts.db.install((tx) => forgetFailures(tx, parts.means(), account))
  return { kind: 'right' }
}

/** Ends an account's wait: whoever reads its mail is let in again, so that a stranger's guesses lock nobody out. */
export function forgetFailures(tx: Tx, means: Means, account: Account): Promise<void> {
  return clearHits(tx, means.secrets, failureLimit, subjectOf(account))
}

function subjectOf({ tenantId, userId }: Account): string {
  return `${tenantId} ${userId}`
}
