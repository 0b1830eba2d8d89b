import { addSeconds } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import { newSecretToken } from '#server/kernel/ids.ts'
import type { Means } from '#server/kernel/means.ts'
import { postLetter } from '#server/kernel/outbox.ts'
import { type Problem, problem } from '#server/kernel/problem.ts'
import { endDomainRest } from '../addresses/domain-choice.ts'
import { canonicalAddress } from '../addresses/email-address.ts'
import { handOverAccess } from '../agent-access/signup-access.ts'
import { makePasswordLink } from '../people/password-link.ts'
import { foundWorkspace, workspaceAddress } from '../tenancy/workspace.ts'
import type { SignupWish, WorkspaceAnswer } from './signup.schema.ts'
import { refuseFaults, refuseTakenDomain, refuseWhenClosed } from './signup.ts'
import { type CodeVerdict, newestCode, tryCode, useCode } from './signup-code.ts'
import { welcomeLetter } from './signup-letters.ts'
import { type Counts, countsOf } from './signup-progress.ts'
import { findSignup, refuseEnded, type SignupRow, undoSeconds } from './signup-record.ts'
import { type Body, fault, readWish } from './signup-wish.ts'

const seedCodeSeconds = 24 * 3600
const seedCandidates = 3

/**
 * Step 2 [S2]: the mailed code opens the workspace, in one transaction with its owner and the welcome mail.
 * With `signupId` it can be repeated and answers the same again. Throws the field faults, the code problems,
 * `DOMAIN_TAKEN`, which leaves the code alive, and what ended the sign-up. A counted try is committed.
 */
export async function completeSignup(tx: Tx, means: Means, body: Body): Promise<WorkspaceAnswer> {
  refuseWhenClosed(means)
  const { signupId } = body
  if (signupId === undefined || signupId === null) return completeFromFields(tx, means, body)
  if (typeof signupId !== 'string') throw problem('SIGNUP_NOT_FOUND')
  return completeById(tx, means, body, signupId)
}

/**
 * Opens the workspace of a sign-up and welcomes its owner; `isAgentAllowed` is the owner's word on the agent's access.
 * Throws `DOMAIN_TAKEN`; then nothing is left of it.
 */
export async function openWorkspace(
  tx: Tx,
  means: Means,
  signup: SignupRow,
  { name, email, company, domain }: SignupWish,
  isAgentAllowed: boolean
): Promise<WorkspaceAnswer> {
  const wish = { name, email, company, domain }
  await refuseTakenDomain(tx, means, wish)
  const founded = await foundWorkspace(tx, means, wish)
  // Lost by a hair: another transaction took the name between the look and the insert.
  if (!founded) return refuseTakenDomain(tx, means, wish).then(() => Promise.reject(problem('DOMAIN_TAKEN')))
  await endDomainRest(tx, wish.domain)
  const undoToken = newSecretToken()
  const passwordUrl = await makePasswordLink(tx, means, { ...founded, domain: wish.domain })
  await postLetter(tx, means, means.now, welcomeLetter(means, { wish, ...founded, passwordUrl, undoToken }))
  await tx
    .updateTable('signups')
    .set({
      ...wish,
      email_key: canonicalAddress(wish.email),
      completed: means.now,
      agent_allowed: isAgentAllowed && signup.agent_code_challenge !== null,
      tenant_id: founded.tenantId,
      undo_hash: means.secrets.hash('undo-link', undoToken),
      undo_expires: addSeconds(means.now, undoSeconds)
    })
    .where('id', '=', signup.id)
    .execute()
  return workspaceAnswer(means, { tenantId: founded.tenantId, domain: wish.domain, email: wish.email })
}

async function completeById(tx: Tx, means: Means, body: Body, signupId: string): Promise<WorkspaceAnswer> {
  const signup = await findSignup(tx, means, signupId, 'lock')
  refuseEnded(means, signup)
  const { wish, faults } = readWish(body, signup)
  await refuseFaults(tx, means, wish, faults)
  const isItsAddress = canonicalAddress(wish.email) === signup.email_key
  if (isItsAddress && signup.completed) return withAccess(tx, means, signup.id, knownAnswer(means, signup))
  const code = await newestCode(tx, signup.id)
  const guess = isItsAddress ? readCode(body) : ''
  const verdict = guess ? await tryCode(tx, means, signup, code.id, guess) : 'wrong'
  if (verdict !== 'right')
    throw refusal(problemOf[verdict], countsOf(means, signup, await newestCode(tx, signup.id)))
  await useCode(tx, means, code.id)
  // The mail says above the code that telling it to the agent lets the agent in.
  const answer = await openWorkspace(tx, means, signup, { ...wish, email: signup.email }, true)
  return withAccess(tx, means, signup.id, answer)
}

async function withAccess(
  tx: Tx,
  means: Means,
  id: string,
  answer: WorkspaceAnswer
): Promise<WorkspaceAnswer> {
  const signup = await tx.selectFrom('signups').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const oauth = await handOverAccess(tx, means, signup)
  return oauth ? { ...answer, oauth } : answer
}

// A caller who knows only the seed has no handle: the code is tried against what was sent for the same four values.
async function completeFromFields(tx: Tx, means: Means, body: Body): Promise<WorkspaceAnswer> {
  const { wish, faults } = readWish(body)
  await refuseFaults(tx, means, wish, faults)
  const guess = readCode(body)
  const candidates = guess ? await seedSignups(tx, means, wish) : []
  let isExpired = false
  for (const { signup, codeId } of candidates) {
    const verdict = await tryCode(tx, means, signup, codeId, guess)
    if (verdict === 'right') {
      await useCode(tx, means, codeId)
      return signup.completed
        ? knownAnswer(means, signup)
        : openWorkspace(tx, means, signup, { ...wish, email: signup.email }, false)
    }
    isExpired ||= verdict === 'expired'
  }
  throw refusal(isExpired ? 'VERIFICATION_CODE_EXPIRED' : 'INVALID_VERIFICATION_CODE', {})
}

async function seedSignups(
  tx: Tx,
  means: Means,
  wish: SignupWish
): Promise<{ signup: SignupRow; codeId: string }[]> {
  const rows = await tx
    .selectFrom('signups')
    .innerJoin('signup_codes', 'signup_codes.signup_id', 'signups.id')
    .selectAll('signups')
    .select('signup_codes.id as code_id')
    .where('signups.email_key', '=', canonicalAddress(wish.email))
    .where('signups.domain', '=', wish.domain)
    .where('signups.name', '=', wish.name)
    .where('signups.company', '=', wish.company)
    .where('signups.agent_code_challenge', 'is', null)
    .where('signup_codes.used', 'is', null)
    .where('signup_codes.killed', 'is', null)
    .where('signup_codes.created', '>', addSeconds(means.now, -seedCodeSeconds))
    .orderBy('signup_codes.created', 'desc')
    .orderBy('signup_codes.id', 'desc')
    .limit(seedCandidates)
    .forUpdate('signups')
    .execute()
  return rows.map(({ code_id: codeId, ...signup }) => ({ signup, codeId }))
}

const problemOf: Record<
  Exclude<CodeVerdict, 'right'>,
  'INVALID_VERIFICATION_CODE' | 'VERIFICATION_CODE_EXPIRED' | 'VERIFICATION_CODE_LOCKED'
> = {
  wrong: 'INVALID_VERIFICATION_CODE',
  expired: 'VERIFICATION_CODE_EXPIRED',
  locked: 'VERIFICATION_CODE_LOCKED'
}

function refusal(code: (typeof problemOf)[keyof typeof problemOf], counts: Partial<Counts>): Problem {
  return problem(code, { members: { errors: [fault(code)], ...counts }, keepsWrites: true })
}

// People read codes aloud with a gap in the middle. Anything that cannot be a code costs no try.
function readCode(body: Body): string {
  const { verificationCode } = body
  const digits = typeof verificationCode === 'string' ? verificationCode.replace(/[\s-]/g, '') : ''
  return /^[0-9]{6}$/.test(digits) ? digits : ''
}

function knownAnswer(means: Means, signup: SignupRow): WorkspaceAnswer {
  return workspaceAnswer(means, {
    tenantId: signup.tenant_id ?? '',
    domain: signup.domain,
    email: signup.email
  })
}

/** The answer of step 2 [S2]. */
export function workspaceAnswer(
  means: Means,
  made: { tenantId: string; domain: string; email: string }
): WorkspaceAnswer {
  return {
    tenantId: made.tenantId,
    domain: made.domain,
    loginUrl: workspaceAddress(means, made.domain),
    message: `Workspace created successfully. A password reset email has been sent to ${made.email}.`
  }
}
