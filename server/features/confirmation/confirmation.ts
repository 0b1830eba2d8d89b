import { addSeconds } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import type { Means } from '#server/kernel/means.ts'
import { Problem } from '#server/kernel/problem.ts'
import { isDomainFree } from '../addresses/domain-choice.ts'
import type { SignupStatus } from '../onboarding/signup.schema.ts'
import { refuseWhenClosed } from '../onboarding/signup.ts'
import { blockedUntil, blockHash, killCodes, newestCode } from '../onboarding/signup-code.ts'
import { openWorkspace } from '../onboarding/signup-completion.ts'
import { blockSeconds, type SignupRow, statusOf } from '../onboarding/signup-record.ts'
import { workspaceAddress } from '../tenancy/workspace.ts'

/** What the page behind a mailed confirm link shows. */
export type ConfirmView = {
  status: SignupStatus
  /** Until then the address gets no more of these mails. */
  blockedUntil: Date | null
  /** How long such a block would last; null when the request was not refused, or too long ago. */
  canBlockUntil: Date | null
  /** Whether the name can still be had, judged for a request that waits. */
  isDomainFree: boolean
  name: string
  company: string
  email: string
  agentName: string | null
  /** Whether the agent asked for access, and whether it was allowed. */
  isAccessAsked: boolean
  isAccessAllowed: boolean
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
  const status = statusOf(means, signup)
  const until = blockEnd(means, signup)
  return {
    status,
    blockedUntil: await blockedUntil(tx, means, signup.email),
    canBlockUntil: until && until > means.now ? until : null,
    isDomainFree:
      status !== 'awaiting_confirmation' || (await isDomainFree(tx, means, signup.domain, signup.email)),
    name: signup.name,
    company: signup.company,
    email: signup.email,
    agentName: signup.agent_name,
    isAccessAsked: signup.agent_code_challenge !== null,
    isAccessAllowed: signup.agent_allowed,
    clientAddress: signup.client_address,
    asked: signup.created,
    expires: signup.expires,
    workspaceUrl: workspaceAddress(means, signup.domain)
  }
}

/**
 * The owner says yes: the workspace is opened then and there, exactly as shown. The agent gets access only if its box
 * was ticked, and fetches it with its next step 2. The
 * mailed code keeps its ten minutes. Changes nothing when the link is dead, the sign-up has ended or is complete, or
 * the name was lost: the page says which. Throws `SIGNUP_CLOSED`.
 */
export async function approveSignup(
  tx: Tx,
  means: Means,
  linkToken: string,
  isAgentAllowed: boolean
): Promise<void> {
  refuseWhenClosed(means)
  const signup = await findOpen(tx, means, linkToken)
  if (!signup) return
  try {
    await openWorkspace(tx, means, signup, signup, isAgentAllowed)
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'DOMAIN_TAKEN')) throw error
  }
}

/** The owner says "not me": the sign-up ends, its code and links die, nothing was opened. Else changes nothing. */
export async function rejectSignup(tx: Tx, means: Means, linkToken: string): Promise<void> {
  const signup = await findOpen(tx, means, linkToken)
  if (!signup) return
  await tx.updateTable('signups').set({ rejected: means.now }).where('id', '=', signup.id).execute()
  await killCodes(tx, means, signup.id)
}

/** After a refusal: no more sign-up mails to this address for 30 days from it, or again from now on. */
export async function chooseMails(
  tx: Tx,
  means: Means,
  linkToken: string,
  choice: 'block' | 'allow'
): Promise<void> {
  const signup = await findByLink(tx, means, linkToken)
  if (!signup || signup === 'replaced') return
  const until = blockEnd(means, signup)
  if (!until) return
  const addressHash = blockHash(means, signup.email)
  if (choice === 'allow') {
    await tx.deleteFrom('mail_blocks').where('address_hash', '=', addressHash).execute()
    return
  }
  await tx
    .insertInto('mail_blocks')
    .values({ address_hash: addressHash, until })
    // A block that another refusal of this address began may last longer.
    .onConflict((conflict) =>
      conflict.column('address_hash').doUpdateSet({ until }).where('mail_blocks.until', '<', until)
    )
    .execute()
}

// From the refusal, not from the click: the page that lifts a block must not be gone before the block is.
function blockEnd(means: Means, signup: SignupRow): Date | undefined {
  if (!signup.rejected || statusOf(means, signup) !== 'rejected') return undefined
  return addSeconds(signup.rejected, blockSeconds)
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
