import { type Selectable, sql } from 'kysely'
import { addSeconds } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import { deleteExpired } from '#server/kernel/expired-rows.ts'
import type { Limit } from '#server/kernel/limit-hits.ts'
import type { Means } from '#server/kernel/means.ts'
import { problem } from '#server/kernel/problem.ts'
import type { Tables } from '#server/kernel/tables.ts'
import type { SignupStatus } from './signup.schema.ts'

/** The one budget that both steps, resend and correction share, per client address [S2]. */
export const onboardingLimit: Limit = { name: 'onboarding', quota: 5, windowSeconds: 300 }

/** A shorter Idempotency-Key may be guessed and counts in step 1 only from the same address (contract §1). */
export const unguessableKeyCharacters = 22

export const signupSeconds = 3600
export const codeSeconds = 600 // [S2]
export const resendSeconds = 120 // [S2]
export const triesPerCode = 5
export const codesPerSignup = 3
export const correctionsPerSignup = 2
export const undoSeconds = 72 * 3600
export const blockSeconds = 30 * 24 * 3600

export type SignupRow = Selectable<Tables['signups']>
export type CodeRow = Selectable<Tables['signup_codes']>

/** The sign-up that a `signupId` opens, locked when asked for. Throws `SIGNUP_NOT_FOUND`. */
export async function findSignup(tx: Tx, means: Means, signupId: string, lock?: 'lock'): Promise<SignupRow> {
  const query = tx.selectFrom('signups').selectAll().where('handle_hash', '=', handleHash(means, signupId))
  const signup = await (lock ? query.forUpdate() : query).executeTakeFirst()
  if (!signup) throw problem('SIGNUP_NOT_FOUND')
  return signup
}

/** What the database keeps of a `signupId`. */
export function handleHash(means: Means, signupId: string): Buffer {
  return means.secrets.hash('signup-id', signupId)
}

export function statusOf(means: Means, signup: SignupRow): SignupStatus {
  if (signup.undone) return 'undone'
  if (signup.completed) return 'completed'
  if (signup.rejected) return 'rejected'
  if (signup.cancelled) return 'cancelled'
  return signup.expires <= means.now ? 'expired' : 'awaiting_confirmation'
}

/** When a code dies of age: after its ten minutes, and with a sign-up that expires before. */
export function codeEnd(signup: SignupRow, code: CodeRow): Date {
  return signup.completed || code.expires <= signup.expires ? code.expires : signup.expires
}

const endings = {
  rejected: 'SIGNUP_REJECTED',
  cancelled: 'SIGNUP_CANCELLED',
  expired: 'SIGNUP_EXPIRED',
  undone: 'SIGNUP_UNDONE'
} as const

/** Throws the problem of a sign-up that ended without a workspace; says nothing of one that waits or is complete. */
export function refuseEnded(means: Means, signup: SignupRow): void {
  const status = statusOf(means, signup)
  if (status in endings) throw problem(endings[status as keyof typeof endings])
}

// The longest that anything still asks for one: 60 minutes to confirm, then 72 h to undo.
const keptSeconds = 8 * 24 * 3600
// The page of a refused one lifts the block that it offered.
const refusedKeptSeconds = blockSeconds + 24 * 3600

/** Removes a bounded number of sign-ups, with their names and addresses, that nothing asks for any more. */
export async function sweepSignups(tx: Tx, now: Date, most: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from signups where id in
      (select id from signups where created <= ${addSeconds(now, -keptSeconds)}
        and (rejected is null or created <= ${addSeconds(now, -refusedKeptSeconds)}) order by created limit ${most}
        for update skip locked)`.execute(tx)
  await deleteExpired(tx, { table: 'mail_blocks', key: 'address_hash', due: 'until' }, now, most)
  return Number(numAffectedRows ?? 0)
}
