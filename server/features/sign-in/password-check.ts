import type { Db, Tx } from '#server/kernel/db.ts'
import { clearHits, type Limit } from '#server/kernel/limit-hits.ts'
import type { Means } from '#server/kernel/means.ts'
import { inHashTurn } from '../people/password.ts'
import { knownBrowserId } from './known-browser.ts'
import { beginTry, failureBucket, forgetTries } from './password-throttle.ts'

/** An account as somebody named it, whether it exists or not. */
export type ClaimedAccount = {
  tenantId: string
  /** The address as accounts are told apart by it. */
  emailKey: string
  /** The account behind it, if there is one. */
  user: { userId: string; passwordHash: string | null } | undefined
}

export type PasswordVerdict = { kind: 'right' } | { kind: 'wrong' } | { kind: 'wait'; waitSeconds: number }

/** Tries at mailed second factors per account, over all codes (contract §3). */
export const codeTryLimit: Limit = { name: 'second-factor', quota: 10, windowSeconds: 86_400 }

/** Codes mailed to an account: whoever knows the password could otherwise fill the owner's mailbox. */
export const codeMailLimit: Limit = { name: 'second-factor-mail', quota: 10, windowSeconds: 3600 }

/**
 * Checks a person's password. A browser that signed in to the account before has a failure counter of its own, all
 * others share one, so that strangers cannot keep the owner's browser waiting (contract §3). A try counts before it is
 * compared, so parallel guesses all count; a right one forgets them. An account that does not exist is counted
 * and hashed alike. Throws `RATE_LIMITED` when too many are being hashed: such a try does not count.
 */
export function checkPassword(
  parts: { db: Db; means: () => Means },
  account: ClaimedAccount,
  password: string,
  browser: string | undefined
): Promise<PasswordVerdict> {
  const { db } = parts
  const means = parts.means()
  const { tenantId, user } = account
  const browserId = user && knownBrowserId(means.secrets, { tenantId, userId: user.userId }, browser)
  const bucket = failureBucket(means, account, browserId)
  return inHashTurn(async (isRight) => {
    const waitSeconds = await db.install((tx) => beginTry(tx, means.now, bucket))
    if (waitSeconds > 0) return { kind: 'wait', waitSeconds }
    if (!(await isRight(password, user?.passwordHash ?? null))) return { kind: 'wrong' }
    await db.install((tx) => forgetTries(tx, bucket))
    return { kind: 'right' }
  })
}

/** Ends an account's waits: whoever reads its mail is let in again, so that a stranger's guesses lock nobody out. */
export async function forgetFailures(
  tx: Tx,
  means: Means,
  account: { tenantId: string; userId: string; emailKey: string }
): Promise<void> {
  await forgetTries(tx, failureBucket(means, account, undefined))
  for (const limit of [codeTryLimit, codeMailLimit])
    await clearHits(tx, means.secrets, limit, secondFactorSubject(account))
}

/** What an account's codes are counted under. */
export function secondFactorSubject({ tenantId, userId }: { tenantId: string; userId: string }): string {
  return `${tenantId} ${userId}`
}
