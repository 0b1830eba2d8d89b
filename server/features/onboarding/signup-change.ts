import type { Tx } from '#server/kernel/db.ts'
import type { Means } from '#server/kernel/means.ts'
import { problem } from '#server/kernel/problem.ts'
import { canonicalAddress, judgeEmailAddress } from '../addresses/email-address.ts'
import { nextActionsFor } from './next-actions.ts'
import type { CancelAnswer, CodeAnswer } from './signup.schema.ts'
import { refuseWhenClosed } from './signup.ts'
import { killCodes, newestCode, sendCode } from './signup-code.ts'
import { type Counts, countsOf, progressOf, resendWaitSeconds } from './signup-progress.ts'
import {
  codesPerSignup,
  correctionsPerSignup,
  findSignup,
  refuseEnded,
  type SignupRow
} from './signup-record.ts'
import { type Body, fault } from './signup-wish.ts'

/**
 * Mails a new code; the old one and its link die. Throws `RESENDS_USED_UP`, `CODE_RECENTLY_SENT`,
 * `SIGNUP_COMPLETED` and what ended the sign-up.
 */
export async function resendCode(tx: Tx, means: Means, signupId: string): Promise<CodeAnswer> {
  const signup = await findChangeable(tx, means, signupId)
  await refuseUsedUpSends(tx, means, signup)
  const waitSeconds = resendWaitSeconds(means, await newestCode(tx, signup.id))
  if (waitSeconds > 0) throw problem('CODE_RECENTLY_SENT', { retryAfterSeconds: waitSeconds })
  return sendNextCode(tx, means, signupId, signup, {})
}

/**
 * Corrects the address before confirmation, at most twice, and mails it a code of its own; what was sent to the
 * wrong address dies. Throws `EMAIL_REQUIRED`, `EMAIL_INVALID`, `CORRECTIONS_USED_UP` and as `resendCode`.
 */
export async function correctEmail(tx: Tx, means: Means, signupId: string, body: Body): Promise<CodeAnswer> {
  const signup = await findChangeable(tx, means, signupId)
  const email = typeof body.email === 'string' ? body.email.trim() : ''
  const found = judgeEmailAddress(email)
  if (found) throw problem(found, { members: { errors: [fault(found)] } })
  if (signup.corrections >= correctionsPerSignup)
    throw problem('CORRECTIONS_USED_UP', { members: await readCounts(tx, means, signup) })
  await refuseUsedUpSends(tx, means, signup)
  const corrected = { email, email_key: canonicalAddress(email), corrections: signup.corrections + 1 }
  return sendNextCode(tx, means, signupId, signup, corrected)
}

/** Ends a sign-up that nobody confirmed yet; its code and link die. Repeating it changes nothing. */
export async function cancelSignup(tx: Tx, means: Means, signupId: string): Promise<CancelAnswer> {
  refuseWhenClosed(means)
  const signup = await findSignup(tx, means, signupId, 'lock')
  if (!signup.cancelled) {
    refuseEnded(means, signup)
    if (signup.completed) throw problem('SIGNUP_COMPLETED')
    await tx.updateTable('signups').set({ cancelled: means.now }).where('id', '=', signup.id).execute()
    await killCodes(tx, means, signup.id)
  }
  return { status: 'cancelled', nextActions: nextActionsFor(means, { state: 'cancelled' }) }
}

async function findChangeable(tx: Tx, means: Means, signupId: string): Promise<SignupRow> {
  refuseWhenClosed(means)
  const signup = await findSignup(tx, means, signupId, 'lock')
  refuseEnded(means, signup)
  if (signup.completed) throw problem('SIGNUP_COMPLETED')
  return signup
}

async function refuseUsedUpSends(tx: Tx, means: Means, signup: SignupRow): Promise<void> {
  if (signup.sends >= codesPerSignup)
    throw problem('RESENDS_USED_UP', { members: await readCounts(tx, means, signup) })
}

async function readCounts(tx: Tx, means: Means, signup: SignupRow): Promise<Counts> {
  return countsOf(means, signup, await newestCode(tx, signup.id))
}

async function sendNextCode(
  tx: Tx,
  means: Means,
  signupId: string,
  signup: SignupRow,
  corrected: Partial<Pick<SignupRow, 'email' | 'email_key' | 'corrections'>>
): Promise<CodeAnswer> {
  const changed = { ...signup, ...corrected, sends: signup.sends + 1 }
  const code = await sendCode(tx, means, changed)
  await tx
    .updateTable('signups')
    .set({ ...corrected, sends: changed.sends })
    .where('id', '=', signup.id)
    .execute()
  return { message: 'Verification code sent', ...progressOf(means, signupId, changed, code) }
}
