import { addSeconds } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import { newId, newSecretToken } from '#server/kernel/ids.ts'
import type { Means } from '#server/kernel/means.ts'
import { readDelivery } from '#server/kernel/outbox.ts'
import { problem } from '#server/kernel/problem.ts'
import { isDomainFree, suggestDomains } from '../addresses/domain-choice.ts'
import { canonicalAddress, maskAddress } from '../addresses/email-address.ts'
import { workspaceAddress } from '../tenancy/workspace.ts'
import { nextActionsFor } from './next-actions.ts'
import type {
  CheckAnswer,
  CodeAnswer,
  EntryAnswer,
  Fault,
  SignupWish,
  StatusAnswer
} from './signup.schema.ts'
import { newestCode, sendCode } from './signup-code.ts'
import { countsOf, progressOf } from './signup-progress.ts'
import { findSignup, handleHash, type SignupRow, signupSeconds } from './signup-record.ts'
import { type AgentNote, type Body, fault, readAgentNote, readWish } from './signup-wish.ts'

/** How a sign-up begins, for who knows nothing yet. Throws `SIGNUP_CLOSED`. */
export function describeEntry(means: Means): EntryAnswer {
  refuseWhenClosed(means)
  return {
    message: 'Begin with one of nextActions.',
    documentation: new URL('/guide/agent-onboarding', means.publicUrl).href,
    nextActions: nextActionsFor(means, { state: 'new' })
  }
}

/** Dry run of step 1: every fault at once and free names; writes and sends nothing (contract §2). */
export async function checkSignup(tx: Tx, means: Means, body: Body): Promise<CheckAnswer> {
  refuseWhenClosed(means)
  const { wish, errors } = await judgeWish(tx, means, body)
  const suggestions = await suggestDomains(tx, means, wish)
  return {
    valid: errors.length === 0,
    domainAvailable: !errors.some(({ field }) => field === 'domain'),
    errors,
    suggestions,
    nextActions: nextActionsFor(means, { state: 'new', sent: body, errors, suggestions })
  }
}

/**
 * Step 1 [S2]: begins a sign-up and mails its code, in one transaction. Throws `SIGNUP_CLOSED`, the field faults,
 * `DOMAIN_TAKEN`, `AGENT_INVALID` and `CODE_RECENTLY_SENT`.
 */
export async function beginSignup(
  tx: Tx,
  means: Means,
  body: Body,
  clientAddress: string
): Promise<CodeAnswer> {
  refuseWhenClosed(means)
  const { wish, agent, errors } = await judgeWish(tx, means, body)
  await refuseFaults(tx, means, wish, errors)
  const signupId = newSecretToken()
  const signup = await insertSignup(tx, means, { wish, agent, clientAddress, signupId })
  const code = await sendCode(tx, means, signup)
  return { message: 'Verification code sent', ...progressOf(means, signupId, signup, code) }
}

/** State and mail delivery of a sign-up, without name or company. Throws `SIGNUP_NOT_FOUND`. */
export async function readSignup(tx: Tx, means: Means, signupId: string): Promise<StatusAnswer> {
  const signup = await findSignup(tx, means, signupId)
  const code = await newestCode(tx, signup.id)
  const tenant =
    signup.tenant_id && !signup.undone
      ? { tenantId: signup.tenant_id, ...domainOf(means, signup) }
      : undefined
  const delivery = await readDelivery(tx, code.mail_id)
  return {
    ...progressOf(means, signupId, signup, code, delivery),
    email: maskAddress(signup.email),
    correctionsRemaining: countsOf(means, signup, code).correctionsRemaining,
    delivery,
    ...(tenant ? { workspace: tenant } : {})
  }
}

type JudgedWish = { wish: SignupWish; agent: AgentNote | undefined; errors: Fault[] }

// Everything that step 1 could refuse, at once: a caller who mends it all is not sent back again.
async function judgeWish(tx: Tx, means: Means, body: Body): Promise<JudgedWish> {
  const { wish, faults } = readWish(body)
  const agent = readAgentNote(body)
  const errors = [...faults]
  const isNameable = !faults.some(({ field }) => field === 'domain')
  if (isNameable && !(await isDomainFree(tx, means, wish.domain, wish.email)))
    errors.push(fault('DOMAIN_TAKEN'))
  if (agent === 'faulty') return { wish, agent: undefined, errors: [...errors, fault('AGENT_INVALID')] }
  return { wish, agent, errors }
}

/** Throws the first fault as the problem, with all of them in `errors` and free names where the domain is at fault. */
export async function refuseFaults(tx: Tx, means: Means, wish: SignupWish, faults: Fault[]): Promise<void> {
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
