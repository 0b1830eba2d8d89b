import { addSeconds } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import { newId, newSecretToken } from '#server/kernel/ids.ts'
import { readDelivery } from '#server/kernel/mail.ts'
import type { Means } from '#server/kernel/means.ts'
import { problem } from '#server/kernel/problem.ts'
import { workspaceAddress } from '../tenancy/workspace.ts'
import { isDomainFree, suggestDomains } from './domain-choice.ts'
import { canonicalAddress, maskAddress } from './email-address.ts'
import { nextActionsFor } from './next-actions.ts'
import type { CheckAnswer, CodeAnswer, SignupStatus, SignupWish, StatusAnswer } from './signup.schema.ts'
import { type CodeRow, codesPerSignup, newestCode, resendWaitSeconds, sendCode, triesPerCode } from './signup-code.ts'
import { type AgentNote, type Body, fault, readAgentNote, readWish } from './signup-wish.ts'

export const signupSeconds = 3600
export const correctionsPerSignup = 2

export type SignupRow = {
  id: string
  name: string
  company: string
  email: string
  email_key: string
  domain: string
  agent_name: string | null
  client_address: string
  created: Date
  expires: Date
  sends: number
  corrections: number
  completed: Date | null
  rejected: Date | null
  cancelled: Date | null
  undone: Date | null
  tenant_id: string | null
}

/** Dry run of step 1: every fault at once and free names; writes and sends nothing (contract §2). */
export async function checkSignup(tx: Tx, means: Means, body: Body): Promise<CheckAnswer> {
  refuseWhenClosed(means)
  const { wish, faults } = readWish(body)
  const isNameable = !faults.some(({ field }) => field === 'domain')
  const isFree = isNameable && (await isDomainFree(tx, means, wish.domain, wish.email))
  const errors = isNameable && !isFree ? [...faults, fault('DOMAIN_TAKEN')] : faults
  const suggestions = await suggestDomains(tx, means, wish)
  return {
    valid: errors.length === 0,
    domainAvailable: isFree,
    errors,
    suggestions,
    nextActions: nextActionsFor(means, { state: 'new', sent: body, errors, suggestions })
  }
}

/**
 * Step 1 [S2]: begins a sign-up and mails its code, in one transaction. Throws `SIGNUP_CLOSED`, the field faults,
 * `DOMAIN_TAKEN`, `AGENT_INVALID` and `CODE_RECENTLY_SENT`.
 */
export async function beginSignup(tx: Tx, means: Means, body: Body, clientAddress: string): Promise<CodeAnswer> {
  refuseWhenClosed(means)
  const { wish, faults } = readWish(body)
  await refuseFaults(tx, means, wish, faults)
  const agent = readAgentNote(body)
  await refuseTakenDomain(tx, means, wish)
  const signupId = newSecretToken()
  const signup = await insertSignup(tx, means, { wish, agent, clientAddress, signupId })
  const code = await sendCode(tx, means, signup)
  return { message: 'Verification code sent', ...progressOf(means, signupId, signup, code) }
}

/** State and mail delivery of a sign-up, without name or company. Throws `SIGNUP_NOT_FOUND`. */
export async function readSignup(tx: Tx, means: Means, signupId: string): Promise<StatusAnswer> {
  const signup = await findSignup(tx, means, signupId)
  const code = await newestCode(tx, signup.id)
  const tenant = signup.tenant_id && !signup.undone ? { tenantId: signup.tenant_id, ...domainOf(means, signup) } : undefined
  return {
    ...progressOf(means, signupId, signup, code),
    email: maskAddress(signup.email),
    correctionsRemaining: correctionsPerSignup - signup.corrections,
    delivery: await readDelivery(tx, code.mail_id),
    ...(tenant ? { workspace: tenant } : {})
  }
}

/** The sign-up that a `signupId` opens, locked when asked for. Throws `SIGNUP_NOT_FOUND`. */
export async function findSignup(tx: Tx, means: Means, signupId: string, lock?: 'lock'): Promise<SignupRow> {
  const query = tx.selectFrom('signups').selectAll().where('handle_hash', '=', handleHash(means, signupId))
  const signup = await (lock ? query.forUpdate() : query).executeTakeFirst()
  if (!signup) throw problem('SIGNUP_NOT_FOUND')
  return signup
}

export function statusOf(means: Means, signup: SignupRow): SignupStatus {
  if (signup.undone) return 'undone'
  if (signup.completed) return 'completed'
  if (signup.rejected) return 'rejected'
  if (signup.cancelled) return 'cancelled'
  return signup.expires <= means.now ? 'expired' : 'awaiting_confirmation'
}

const endings = {
  rejected: 'SIGNUP_REJECTED',
  cancelled: 'SIGNUP_CANCELLED',
  expired: 'SIGNUP_EXPIRED',
  undone: 'SIGNUP_UNDONE'
} as const

/** Throws the problem of a sign-up that has ended without a workspace; says nothing of one that waits or is complete. */
export function refuseEnded(means: Means, signup: SignupRow): void {
  const status = statusOf(means, signup)
  if (status in endings) throw problem(endings[status as keyof typeof endings])
}

/** What every answer about a sign-up says of its course. */
export function progressOf(means: Means, signupId: string, signup: SignupRow, code: CodeRow) {
  const status = statusOf(means, signup)
  const isLive = status === 'awaiting_confirmation' && !code.used && !code.killed
  const attemptsRemaining = isLive ? triesPerCode - code.tries : 0
  const sendsRemaining = status === 'awaiting_confirmation' ? codesPerSignup - signup.sends : 0
  const resendAfterSeconds = sendsRemaining > 0 ? resendWaitSeconds(means, code) : 0
  return {
    signupId,
    status,
    expiresAt: signup.expires.toISOString(),
    codeExpiresAt: isLive ? (code.expires < signup.expires ? code.expires : signup.expires).toISOString() : null,
    resendAfterSeconds,
    attemptsRemaining,
    sendsRemaining,
    nextActions: nextActionsFor(means, { state: status, signupId, attemptsRemaining, sendsRemaining, resendAfterSeconds })
  }
}

/** Throws the first fault as the problem, with all of them in `errors` and free names where the domain is at fault. */
export async function refuseFaults(tx: Tx, means: Means, wish: SignupWish, faults: CheckAnswer['errors']): Promise<void> {
  const first = faults[0]
  if (!first) return
  const isDomainAtFault = faults.some(({ field }) => field === 'domain')
  const suggestions = isDomainAtFault ? { suggestions: await suggestDomains(tx, means, wish) } : {}
  throw problem(first.code as Parameters<typeof problem>[0], { members: { errors: faults, ...suggestions } })
}

/** Throws `DOMAIN_TAKEN` with free names when the wished one is in use or at rest. */
export async function refuseTakenDomain(tx: Tx, means: Means, wish: SignupWish): Promise<void> {
  if (await isDomainFree(tx, means, wish.domain, wish.email)) return
  throw problem('DOMAIN_TAKEN', {
    members: { errors: [fault('DOMAIN_TAKEN')], suggestions: await suggestDomains(tx, means, wish) }
  })
}

export function refuseWhenClosed(means: Means): void {
  if (!means.takesSignups) throw problem('SIGNUP_CLOSED')
}

async function insertSignup(
  tx: Tx,
  means: Means,
  given: { wish: SignupWish; agent: AgentNote | undefined; clientAddress: string; signupId: string }
): Promise<SignupRow> {
  return tx
    .insertInto('signups')
    .values({
      id: newId('signup'),
      handle_hash: handleHash(means, given.signupId),
      ...given.wish,
      email_key: canonicalAddress(given.wish.email),
      agent_name: given.agent?.name ?? null,
      agent_code_challenge: given.agent?.codeChallenge ?? null,
      client_address: given.clientAddress,
      created: means.now,
      expires: addSeconds(means.now, signupSeconds),
      sends: 1,
      corrections: 0
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

function domainOf(means: Means, signup: SignupRow) {
  return { domain: signup.domain, loginUrl: workspaceAddress(means, signup.domain) }
}

function handleHash(means: Means, signupId: string): Buffer {
  return means.secrets.hash('signup-id', signupId)
}
