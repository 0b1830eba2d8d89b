import { addSeconds } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import { newId, newSecretToken, newVerificationCode } from '#server/kernel/ids.ts'
import { claimMailBudget } from '#server/kernel/mail-budget.ts'
import type { Means } from '#server/kernel/means.ts'
import { postLetter } from '#server/kernel/outbox.ts'
import { problem } from '#server/kernel/problem.ts'
import { hashesMatch } from '#server/kernel/secrets.ts'
import { canonicalAddress, foldedAddress } from '../addresses/email-address.ts'
import { codeLetter } from './signup-letters.ts'
import { type CodeRow, codeEnd, codeSeconds, type SignupRow, triesPerCode } from './signup-record.ts'

const daySeconds = 24 * 3600

/**
 * Mails a new code and confirm link for a sign-up; earlier ones of this sign-up die. Throws `CODE_RECENTLY_SENT`
 * when the address or the install has had enough mail, or its owner wants no more of these.
 */
export async function sendCode(tx: Tx, means: Means, signup: SignupRow): Promise<CodeRow> {
  await refuseBlockedAddress(tx, means, signup.email)
  const budget = await claimMailBudget(tx, means, means.now, {
    kind: 'code',
    canonicalAddress: canonicalAddress(signup.email),
    foldedAddress: foldedAddress(signup.email)
  })
  if (!budget.ok) throw problem('CODE_RECENTLY_SENT', { retryAfterSeconds: budget.retryAfterSeconds })
  await killCodes(tx, means, signup.id)
  const code = newVerificationCode()
  const linkToken = newSecretToken()
  const mailId = await postLetter(tx, means, means.now, codeLetter(means, signup, code, linkToken))
  const row = {
    id: newId('code'),
    signup_id: signup.id,
    code_hash: hashCode(means, signup, code),
    link_hash: means.secrets.hash('confirm-link', linkToken),
    mail_id: mailId,
    tries: 0,
    created: means.now,
    expires: addSeconds(means.now, codeSeconds),
    used: null,
    killed: null
  }
  await tx.insertInto('signup_codes').values(row).execute()
  return row
}

/** The newest code of a sign-up. Every sign-up has one. */
export async function newestCode(tx: Tx, signupId: string): Promise<CodeRow> {
  return tx
    .selectFrom('signup_codes')
    .selectAll()
    .where('signup_id', '=', signupId)
    .orderBy('created', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
}

export type CodeVerdict = 'right' | 'wrong' | 'expired' | 'locked'

/**
 * Counts one try of a code and judges it. The row stays locked until the transaction ends, so of any number of
 * parallel guesses at most five are counted; the caller must commit a wrong one.
 */
export async function tryCode(
  tx: Tx,
  means: Means,
  signup: SignupRow,
  codeId: string,
  guess: string
): Promise<CodeVerdict> {
  const code = await tx
    .selectFrom('signup_codes')
    .selectAll()
    .where('id', '=', codeId)
    .forUpdate()
    .executeTakeFirstOrThrow()
  if (code.used || code.killed) return 'wrong'
  if (code.tries >= triesPerCode) return 'locked'
  await tx
    .updateTable('signup_codes')
    .set({ tries: code.tries + 1 })
    .where('id', '=', codeId)
    .execute()
  if (!hashesMatch(code.code_hash, hashCode(means, signup, guess))) return 'wrong'
  return codeEnd(signup, code) <= means.now ? 'expired' : 'right'
}

export async function useCode(tx: Tx, means: Means, codeId: string): Promise<void> {
  await tx.updateTable('signup_codes').set({ used: means.now }).where('id', '=', codeId).execute()
}

/** Kills every living code and link of a sign-up: they die together (contract §2). */
export async function killCodes(tx: Tx, means: Means, signupId: string): Promise<void> {
  await tx
    .updateTable('signup_codes')
    .set({ killed: means.now })
    .where('signup_id', '=', signupId)
    .where('killed', 'is', null)
    .execute()
}

// Bound to the sign-up and to the address the code was sent to: neither another sign-up nor a corrected address takes it.
function hashCode(means: Means, signup: SignupRow, code: string): Buffer {
  return means.secrets.hash('verification-code', signup.id, signup.email_key, code)
}

async function refuseBlockedAddress(tx: Tx, means: Means, email: string): Promise<void> {
  if (await blockedUntil(tx, means, email))
    throw problem('CODE_RECENTLY_SENT', { retryAfterSeconds: daySeconds })
}

/** Until when the owner of an address wants no more sign-up mails; null when mails are welcome. */
export async function blockedUntil(tx: Tx, means: Means, email: string): Promise<Date | null> {
  const blocked = await tx
    .selectFrom('mail_blocks')
    .select('until')
    .where('address_hash', '=', blockHash(means, email))
    .where('until', '>', means.now)
    .executeTakeFirst()
  return blocked?.until ?? null
}

/** What the list of unwanted addresses knows of one: a keyed hash of the folded address. */
export function blockHash(means: Means, email: string): Buffer {
  return means.secrets.hash('mail-block', foldedAddress(email))
}
