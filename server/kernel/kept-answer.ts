import { sql } from 'kysely'
import { addSeconds } from './clock.ts'
import type { Tx } from './db.ts'
import { sqlState } from './db-trouble.ts'
import { deleteExpired } from './expired-rows.ts'
import { type FieldFault, Problem, type ProblemCode, problem } from './problem.ts'
import { hashesMatch, type Secrets } from './secrets.ts'

export const keptSeconds = 24 * 3600
const lockWait = '5s'
/** How long a copy waits for the running one's answer (contract §1). */
export const copyWaitSeconds = 5

/** One request that carries an `Idempotency-Key`: who and what, and the body, each as a keyed hash. */
export type OnceKey = { keyHash: Buffer; requestHash: Buffer }

export type OnceAnswer<T> = { answer: T; isReplay: boolean }

type Kept =
  | { answer: unknown }
  | { refusal: { code: ProblemCode; fields: FieldFault[]; members: Record<string, unknown> } }

/**
 * Runs a rule at most once per key: the same transaction claims the key, does the work and keeps the answer,
 * so that neither can exist without the other. A copy gets the first answer, also a refusal; 401, 403, 429 and 5xx
 * are not kept (contract §1). Throws `IDEMPOTENCY_KEY_REUSED`, `REQUEST_IN_PROGRESS` and what the rule throws.
 */
export async function answerOnce<T>(
  tx: Tx,
  means: { secrets: Secrets; now: Date },
  key: OnceKey,
  rule: (tx: Tx) => Promise<T>
): Promise<OnceAnswer<T>> {
  if (!(await claimKey(tx, key, means.now)))
    return { answer: (await replay(tx, means.secrets, key)) as T, isReplay: true }
  await sql`savepoint work`.execute(tx)
  try {
    const answer = await rule(tx)
    await keep(tx, means.secrets, key, { answer })
    return { answer, isReplay: false }
  } catch (error) {
    throw error instanceof Problem ? await keepRefusal(tx, means.secrets, key, error) : error
  }
}

// A copy in another process waits here on the row of the running one.
async function claimKey(tx: Tx, key: OnceKey, now: Date): Promise<boolean> {
  await sql`select set_config('lock_timeout', ${lockWait}, true)`.execute(tx)
  const fresh = { request_hash: key.requestHash, sealed: null, expires: addSeconds(now, keptSeconds) }
  const claim = tx
    .insertInto('kept_answers')
    .values({ key_hash: key.keyHash, ...fresh })
    .onConflict((conflict) =>
      conflict.column('key_hash').doUpdateSet(fresh).where('kept_answers.expires', '<=', now)
    )
    .returning('key_hash')
  const claimed = await claim.executeTakeFirst().catch((error: unknown) => {
    if (sqlState(error) === '55P03')
      throw problem('REQUEST_IN_PROGRESS', { retryAfterSeconds: copyWaitSeconds })
    throw error
  })
  await sql`select set_config('lock_timeout', '0', true)`.execute(tx)
  return claimed !== undefined
}

async function replay(tx: Tx, secrets: Secrets, key: OnceKey): Promise<unknown> {
  const row = await tx
    .selectFrom('kept_answers')
    .select(['request_hash', 'sealed'])
    .where('key_hash', '=', key.keyHash)
    .executeTakeFirst()
  if (!row?.sealed) throw problem('REQUEST_IN_PROGRESS', { retryAfterSeconds: copyWaitSeconds })
  if (!hashesMatch(row.request_hash, key.requestHash)) throw problem('IDEMPOTENCY_KEY_REUSED')
  const kept = JSON.parse(secrets.open('kept-answer', row.sealed)) as Kept
  if ('answer' in kept) return kept.answer
  const { code, fields, members } = kept.refusal
  throw problem(code, { fields, members, isReplay: true })
}

// The refusal commits the claim and itself; what the rule wrote goes, unless the problem keeps its writes.
async function keepRefusal(tx: Tx, secrets: Secrets, key: OnceKey, refusal: Problem): Promise<Problem> {
  const { status } = refusal.row
  // What the caller may do is asked anew each time: rights and scopes may have changed since.
  const isKept = status !== 401 && status !== 403 && status !== 429 && status < 500
  if (!isKept && !refusal.keepsWrites) return refusal
  if (!refusal.keepsWrites) await sql`rollback to savepoint work`.execute(tx)
  const { code, fields, members } = refusal
  if (isKept) await keep(tx, secrets, key, { refusal: { code, fields, members } })
  else await tx.deleteFrom('kept_answers').where('key_hash', '=', key.keyHash).execute()
  return problem(code, {
    fields,
    members,
    keepsWrites: true,
    retryAfterSeconds: refusal.retryAfterSeconds,
    cause: refusal.cause
  })
}

async function keep(tx: Tx, secrets: Secrets, key: OnceKey, kept: Kept): Promise<void> {
  await tx
    .updateTable('kept_answers')
    .set({ sealed: secrets.seal('kept-answer', JSON.stringify(kept)) })
    .where('key_hash', '=', key.keyHash)
    .execute()
}

/** Removes a bounded number of answers whose 24 hours have passed. Returns how many. */
export function sweepKeptAnswers(tx: Tx, now: Date, most: number): Promise<number> {
  return deleteExpired(tx, { table: 'kept_answers', key: 'key_hash', due: 'expires' }, now, most)
}
