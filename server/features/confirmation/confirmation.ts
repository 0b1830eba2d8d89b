import { addSeconds } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import type { Means } from '#server/kernel/means.ts'
import { Problem } from '#server/kernel/problem.ts'
import type { SignupStatus } from '../onboarding/signup.schema.ts'
import { blockHash, isAddressBlocked, killCodes, newestCode } from '../onboarding/signup-code.ts'
import { openWorkspace } from '../onboarding/signup-completion.ts'
import { type SignupRow, statusOf } from '../onboarding/signup-record.ts'
import { workspaceAddress } from '../tenancy/workspace.ts'

export const blockSeconds = 30 * 24 * 3600

/** What the page behind a mailed confirm link shows. */
export type ConfirmView = {
  status: SignupStatus
  /** The address wants no more of these mails. */
  isBlocked: boolean
  name: string
  company: string
  email: string
  domain: string
  agentName: string | null
  clientAddress: string
  asked: Date
  expires: Date
  workspaceUrl: string
}

/**
 * What was asked, by whom and from where; `replaced` when a newer mail has taken this link's place, undefined for
 * an unknown link. Changes nothing: scanners follow links.
 */
export async function viewConfirmation(
  tx: Tx,
  means: Means,
  linkToken: string
): Promise<ConfirmView | 'replaced' | undefined> {
  const signup = await findByLink(tx, means, linkToken)
  if (!signup || signup === 'replaced') return signup
  return {
    status: statusOf(means, signup),
    isBlocked: await isAddressBlocked(tx, means, signup.email),
    name: signup.name,
    company: signup.company,
    email: signup.email,
    domain: signup.domain,
    agentName: signup.agent_name,
    clientAddress: signup.client_address,
    asked: signup.created,
    expires: signup.expires,
    workspaceUrl: workspaceAddress(means, signup.domain)
  }
}

export type Decision = 'done' | 'not-open' | 'domain-taken'

/**
 * The owner says yes: the workspace is opened then and there, exactly as shown, and the agent gets nothing. The
 * mailed code keeps its ten minutes. `not-open` when the link is dead or the sign-up has ended or is complete.
 */
export async function approveSignup(tx: Tx, means: Means, linkToken: string): Promise<Decision> {
  const signup = await findOpen(tx, means, linkToken)
  if (!signup) return 'not-open'
  try {
    await openWorkspace(tx, means, signup, signup)
    return 'done'
  } catch (error) {
    if (error instanceof Problem && error.code === 'DOMAIN_TAKEN') return 'domain-taken'
    throw error
  }
}

/** The owner says "not me": the sign-up ends, its code and links die, nothing was opened. */
export async function rejectSignup(tx: Tx, means: Means, linkToken: string): Promise<Decision> {
  const signup = await findOpen(tx, means, linkToken)
  if (!signup) return 'not-open'
  await tx.updateTable('signups').set({ rejected: means.now }).where('id', '=', signup.id).execute()
  await killCodes(tx, means, signup.id)
  return 'done'
}

/** After a refusal: no more sign-up mails to this address for 30 days, or again from now on. */
export async function chooseMails(
  tx: Tx,
  means: Means,
  linkToken: string,
  choice: 'block' | 'allow'
): Promise<Decision> {
  const signup = await findByLink(tx, means, linkToken)
  if (!signup || signup === 'replaced' || !signup.rejected) return 'not-open'
  const addressHash = blockHash(means, signup.email)
  if (choice === 'allow') {
    await tx.deleteFrom('mail_blocks').where('address_hash', '=', addressHash).execute()
    return 'done'
  }
  const row = { address_hash: addressHash, until: addSeconds(means.now, blockSeconds) }
  await tx
    .insertInto('mail_blocks')
    .values(row)
    .onConflict((conflict) => conflict.column('address_hash').doUpdateSet(row))
    .execute()
  return 'done'
}

async function findOpen(tx: Tx, means: Means, linkToken: string): Promise<SignupRow | undefined> {
  const signup = await findByLink(tx, means, linkToken, 'lock')
  if (!signup || signup === 'replaced') return undefined
  return statusOf(means, signup) === 'awaiting_confirmation' ? signup : undefined
}

// Only the newest mail's link speaks for its sign-up: an older one may have gone to a mistyped address.
async function findByLink(
  tx: Tx,
  means: Means,
  linkToken: string,
  lock?: 'lock'
): Promise<SignupRow | 'replaced' | undefined> {
  const code = await tx
    .selectFrom('signup_codes')
    .select(['id', 'signup_id'])
    .where('link_hash', '=', means.secrets.hash('confirm-link', linkToken))
    .executeTakeFirst()
  if (!code) return undefined
  const query = tx.selectFrom('signups').selectAll().where('id', '=', code.signup_id)
  const signup = await (lock ? query.forUpdate() : query).executeTakeFirst()
  if (!signup) return undefined
  return (await newestCode(tx, signup.id)).id === code.id ? signup : 'replaced'
}
