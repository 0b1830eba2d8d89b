import { sql } from 'kysely'
import { addSeconds, secondsUntil } from './clock.ts'
import type { Tx } from './db.ts'
import { countHit, type Limit } from './limit-hits.ts'
import type { Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'

/** What is to be mailed and who could have caused it (contract §1). */
export type MailClaim = {
  /** `code` and `reset` are what a stranger can cause; `tenant` is what people of a workspace cause. */
  kind: 'code' | 'reset' | 'tenant'
  /** The address as typed, but for its case. */
  canonicalAddress: string
  /** The address without its `+tag`: one mailbox, however it is spelt. */
  foldedAddress: string
  /** The workspace in whose name it is sent, when there is one. */
  tenant?: { id: string; created: Date }
}

export type MailBudget = {
  secrets: Secrets
  settings: Pick<Settings, 'mailsPerDay'>
  /** Whether the public URL in force is localhost. */
  isLocalhost: boolean
}

export type BudgetAnswer = { ok: true } | { ok: false; retryAfterSeconds: number }

const daySeconds = 86_400
const youngDays = 7

/** [S2]: codes cannot be asked for again for the same address within 2 minutes. */
const perAddress: Limit = { name: 'mail-address', quota: 1, windowSeconds: 120 }
export const perMailbox: Limit = { name: 'mail-mailbox', quota: 10, windowSeconds: daySeconds }
const perYoungTenant: Limit = { name: 'mail-tenant', quota: 50, windowSeconds: daySeconds }

/**
 * Claims room for one mail that somebody unconfirmed can cause, before it is posted in the same transaction.
 * A refused claim has counted nothing, so the caller may go on or roll back. Mails after a confirmed act do not
 * ask; they stand in the outbox and so count in the install's day all the same.
 */
export async function claimMailBudget(
  tx: Tx,
  budget: MailBudget,
  now: Date,
  claim: MailClaim
): Promise<BudgetAnswer> {
  await sql`savepoint mail_budget`.execute(tx)
  const waitSeconds =
    (await claimLimits(tx, budget, now, claim)) ||
    (await installWaitSeconds(tx, budget.settings.mailsPerDay, now))
  if (waitSeconds === 0) {
    await sql`release savepoint mail_budget`.execute(tx)
    return { ok: true }
  }
  await sql`rollback to savepoint mail_budget`.execute(tx)
  await sql`release savepoint mail_budget`.execute(tx)
  return { ok: false, retryAfterSeconds: waitSeconds }
}

// Every claim takes its rows in this order - address, mailbox, workspace, install - so two claims cannot wait
// for each other in a circle.
async function claimLimits(tx: Tx, budget: MailBudget, now: Date, claim: MailClaim): Promise<number> {
  const { canonicalAddress, foldedAddress, tenant } = claim
  const wanted: [Limit, string][] = []
  if (claim.kind !== 'tenant') wanted.push([perAddress, canonicalAddress.toLowerCase()])
  if (claim.kind !== 'tenant' && !budget.isLocalhost) wanted.push([perMailbox, foldedAddress.toLowerCase()])
  if (tenant && now < addSeconds(tenant.created, youngDays * daySeconds))
    wanted.push([perYoungTenant, tenant.id])
  for (const [limit, subject] of wanted) {
    const { isWithin, resetSeconds } = await countHit(tx, budget.secrets, now, limit, subject)
    if (!isWithin) return Math.max(1, resetSeconds)
  }
  return 0
}

// Near the end of the day's budget claims wait for each other and the count is exact; before that, nobody
// waits. The margin is more than the mails that all nodes together have in open transactions.
const exactBelow = 100
const installLock = 7_305_150_002

/**
 * The install's day is counted in the outbox itself, by its index on `created`. A counter row would make all
 * sign-ups of the install wait for one another and could drift from what was posted; this reads at most the
 * budget's number of index entries.
 */
async function installWaitSeconds(tx: Tx, mailsPerDay: number, now: Date): Promise<number> {
  if (mailsPerDay === 0) return 0
  const since = addSeconds(now, -daySeconds)
  const isNear = await nthNewest(tx, since, Math.max(1, mailsPerDay - exactBelow))
  if (!isNear) return 0
  await sql`select pg_advisory_xact_lock(${installLock}::bigint)`.execute(tx)
  const oldest = await nthNewest(tx, since, mailsPerDay)
  return oldest ? Math.max(1, secondsUntil(now, addSeconds(oldest, daySeconds))) : 0
}

async function nthNewest(tx: Tx, since: Date, nth: number): Promise<Date | undefined> {
  const row = await tx
    .selectFrom('outbox')
    .select('created')
    .where('created', '>', since)
    .orderBy('created', 'desc')
    .offset(nth - 1)
    .limit(1)
    .executeTakeFirst()
  return row?.created
}
