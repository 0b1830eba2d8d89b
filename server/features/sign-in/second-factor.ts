import { randomBytes, randomInt } from 'node:crypto'
import { addSeconds } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import { deleteExpired } from '#server/kernel/expired-rows.ts'
import { newId } from '#server/kernel/ids.ts'
import { countHit } from '#server/kernel/limit-hits.ts'
import type { Means } from '#server/kernel/means.ts'
import { postLetter } from '#server/kernel/outbox.ts'
import { hashesMatch } from '#server/kernel/secrets.ts'
import { codeMailLimit, codeTryLimit, secondFactorSubject } from './password-check.ts'
import type { Proof } from './session.ts'
import { signInCodeLetter } from './sign-in-letters.ts'

/** How long a mailed code works; the browser is asked for it as long. */
export const codeSeconds = 600

const sweepRows = 100

export type CodeBegun = { kind: 'code'; stepToken: string } | { kind: 'code-refused'; waitSeconds: number }

/**
 * Mails a code to somebody whose password was right, and answers the token that holds their browser to it. Refused
 * after 10 codes in an hour.
 */
export async function beginCode(
  tx: Tx,
  means: Means,
  of: { proof: Proof; email: string; digits: number; returnPath: string }
): Promise<CodeBegun> {
  const { tenantId, userId, passwordSet } = of.proof
  const subject = secondFactorSubject(of.proof)
  const mails = await countHit(tx, means.secrets, means.now, codeMailLimit, subject)
  if (!mails.isWithin) return { kind: 'code-refused', waitSeconds: mails.resetSeconds }
  await sweepCodes(tx, means, tenantId)
  const stepToken = randomBytes(32).toString('base64url')
  const id = newId('code')
  const code = randomInt(10 ** of.digits)
    .toString()
    .padStart(of.digits, '0')
  const expires = addSeconds(means.now, codeSeconds)
  await tx
    .insertInto('sign_in_codes')
    .values({
      tenant_id: tenantId,
      id,
      user_id: userId,
      token_hash: stepHash(means, tenantId, stepToken),
      code_hash: codeHash(means, tenantId, id, code),
      password_set: passwordSet,
      return_path: of.returnPath,
      created: means.now,
      expires
    })
    .execute()
  await postLetter(tx, means, means.now, signInCodeLetter({ tenantId, to: of.email, code, expires }))
  return { kind: 'code', stepToken }
}

export type CodeVerdict =
  | { kind: 'right'; proof: Proof; returnPath: string }
  | { kind: 'wrong'; userId: string }
  | { kind: 'wait'; waitSeconds: number }
  /** No code is awaited in this browser any more. */
  | { kind: 'ended' }

/** Spends a code. Each try counts before it is compared: 10 a day per account over all its codes (contract §3). */
export async function spendCode(
  tx: Tx,
  means: Means,
  of: { tenantId: string; stepToken: string; typed: string }
): Promise<CodeVerdict> {
  const { tenantId } = of
  const step = await tx
    .selectFrom('sign_in_codes')
    .select(['id', 'user_id', 'code_hash', 'password_set', 'return_path'])
    .where('tenant_id', '=', tenantId)
    .where('token_hash', '=', stepHash(means, tenantId, of.stepToken))
    .where('expires', '>', means.now)
    .forUpdate()
    .executeTakeFirst()
  if (!step) return { kind: 'ended' }
  const account = { tenantId, userId: step.user_id }
  const tries = await countHit(tx, means.secrets, means.now, codeTryLimit, secondFactorSubject(account))
  if (!tries.isWithin) return { kind: 'wait', waitSeconds: tries.resetSeconds }
  const typed = of.typed.replace(/[\s-]/g, '')
  if (!hashesMatch(codeHash(means, tenantId, step.id, typed), step.code_hash))
    return { kind: 'wrong', userId: step.user_id }
  await endCodes(tx, tenantId, step.user_id)
  return {
    kind: 'right',
    proof: { ...account, passwordSet: step.password_set },
    returnPath: step.return_path
  }
}

/** Whether a code is awaited in the browser that holds this token. Changes nothing. */
export async function isCodeAwaited(
  tx: Tx,
  means: Means,
  tenantId: string,
  stepToken: string
): Promise<boolean> {
  const step = await tx
    .selectFrom('sign_in_codes')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('token_hash', '=', stepHash(means, tenantId, stepToken))
    .where('expires', '>', means.now)
    .executeTakeFirst()
  return step !== undefined
}

async function endCodes(tx: Tx, tenantId: string, userId: string): Promise<void> {
  await tx
    .deleteFrom('sign_in_codes')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .execute()
}

// Row security keeps the install's sweeps out, so each new code takes some of the expired ones of its workspace.
async function sweepCodes(tx: Tx, means: Means, tenantId: string): Promise<void> {
  await deleteExpired(
    tx,
    { table: 'sign_in_codes', key: 'id', due: 'expires', tenantId },
    means.now,
    sweepRows
  )
}

function stepHash(means: Means, tenantId: string, stepToken: string): Buffer {
  return means.secrets.hash('sign-in-step', tenantId, stepToken)
}

function codeHash(means: Means, tenantId: string, id: string, code: string): Buffer {
  return means.secrets.hash('sign-in-code', tenantId, id, code)
}
