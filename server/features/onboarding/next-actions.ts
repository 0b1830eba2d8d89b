import type { Means } from '#server/kernel/means.ts'
import type { ProblemCode } from '#server/kernel/problem.ts'
import type { Fault, NextAction, SignupStatus } from './signup.schema.ts'
import type { Body } from './signup-wish.ts'

export const onboardingPath = '/api/bo/on/agent'

/** What a skeleton asks its reader to fill in. */
export const placeholders = {
  name: '<name of the person>',
  email: '<e-mail address of the person>',
  company: '<company or team of the person>',
  domain: '<3 to 20 of a-z 0-9 and hyphen>',
  verificationCode: '<6-digit code from the e-mail>'
} as const

type Situation = {
  state: 'new' | SignupStatus
  signupId?: string
  /** The body that was sent: its sound fields stand in the skeletons, so that nothing must be remembered. */
  sent?: Body
  errors?: Fault[]
  suggestions?: string[]
  attemptsRemaining?: number
  sendsRemaining?: number
  resendAfterSeconds?: number
}

/** The calls that lead on from a situation, the likeliest first. URLs come from the public URL in force. */
export function nextActionsFor(means: Means, at: Situation): NextAction[] {
  switch (at.state) {
    case 'new':
      return [startAction(means, at), checkAction(means, at)]
    case 'awaiting_confirmation':
      return waitingActions(means, at)
    case 'completed':
      return [repeatCompletion(means, at), signupAction(means, at, 'status', 'GET', '')]
    default:
      return [startAction(means, at)]
  }
}

/** The calls that lead on from a refused request. `sent` and `path` are the request's own. */
export function nextActionsAfter(
  means: Means,
  refused: Omit<Situation, 'state'> & {
    code: ProblemCode
    method: string
    path: string
    retryAfterSeconds?: number | undefined
  }
): NextAction[] {
  const { code, signupId } = refused
  if (code === 'SIGNUP_CLOSED') return []
  if (refused.retryAfterSeconds !== undefined) return [repeatAction(means, refused)]
  if (code === 'INVALID_VERIFICATION_CODE' || code.startsWith('VERIFICATION_CODE_'))
    return codeActions(means, refused)
  if (code === 'SIGNUP_COMPLETED' && signupId)
    return nextActionsFor(means, { ...refused, state: 'completed' })
  if (code === 'CORRECTIONS_USED_UP' && signupId) return waitingActions(means, refused)
  if (code === 'RESENDS_USED_UP' && signupId)
    return [completeAction(means, refused), startAction(means, { ...refused, sent: {} })]
  if (code.startsWith('SIGNUP_')) return [startAction(means, refused)]
  if (refused.path.endsWith('/signup')) return [completeAction(means, refused), startAction(means, refused)]
  if (refused.path.endsWith('/email') && signupId)
    return [correctAction(means, refused), ...waitingActions(means, refused)]
  return [startAction(means, refused), checkAction(means, refused)]
}

function codeActions(means: Means, at: Omit<Situation, 'state'>): NextAction[] {
  const { signupId, attemptsRemaining = 1, sendsRemaining = 0 } = at
  if (!signupId) return [completeAction(means, at), startAction(means, at)]
  const again = attemptsRemaining > 0 ? [completeAction(means, at)] : []
  const onwards = sendsRemaining > 0 ? [resendAction(means, at)] : [startAction(means, at)]
  return [...again, ...onwards, signupAction(means, at, 'status', 'GET', '')]
}

function waitingActions(means: Means, at: Omit<Situation, 'state'>): NextAction[] {
  const { sendsRemaining = 0 } = at
  return [
    completeAction(means, at),
    signupAction(means, at, 'status', 'GET', ''),
    ...(sendsRemaining > 0 ? [resendAction(means, at), correctAction(means, at)] : []),
    signupAction(means, at, 'cancel', 'POST', '/cancel')
  ]
}

function startAction(means: Means, at: Omit<Situation, 'state'>): NextAction {
  const agent = at.sent?.agent === undefined || faultyFields(at).has('agent') ? {} : { agent: at.sent.agent }
  return {
    name: 'start',
    method: 'POST',
    url: address(means, '/code'),
    body: { ...wishSkeleton(at), ...agent }
  }
}

function checkAction(means: Means, at: Omit<Situation, 'state'>): NextAction {
  return { name: 'check', method: 'POST', url: address(means, '/check'), body: wishSkeleton(at) }
}

function completeAction(means: Means, at: Omit<Situation, 'state'>): NextAction {
  const { sent = {}, signupId } = at
  const hasSoundCode = typeof sent.verificationCode === 'string' && !faultyFields(at).has('verificationCode')
  const verificationCode = hasSoundCode ? sent.verificationCode : placeholders.verificationCode
  const fields = signupId ? sentSkeleton(at) : wishSkeleton(at)
  const handle = signupId ? { signupId } : {}
  return {
    name: 'complete',
    method: 'POST',
    url: address(means, '/signup'),
    body: { ...fields, verificationCode, ...handle }
  }
}

function repeatCompletion(means: Means, at: Omit<Situation, 'state'>): NextAction {
  return { name: 'complete', method: 'POST', url: address(means, '/signup'), body: { signupId: at.signupId } }
}

function resendAction(means: Means, at: Omit<Situation, 'state'>): NextAction {
  return { ...signupAction(means, at, 'resend', 'POST', '/resend'), ...wait(at.resendAfterSeconds) }
}

function correctAction(means: Means, at: Omit<Situation, 'state'>): NextAction {
  return { ...signupAction(means, at, 'correctEmail', 'POST', '/email'), body: { email: placeholders.email } }
}

function repeatAction(
  means: Means,
  refused: Omit<Situation, 'state'> & { method: string; path: string; retryAfterSeconds?: number | undefined }
): NextAction {
  const { method, sent } = refused
  const body = sent && Object.keys(sent).length > 0 ? { body: sent } : {}
  return {
    name: 'repeat',
    method,
    url: new URL(refused.path, means.publicUrl).href,
    ...body,
    ...wait(refused.retryAfterSeconds)
  }
}

function signupAction(
  means: Means,
  at: Omit<Situation, 'state'>,
  name: string,
  method: string,
  tail: string
): NextAction {
  return { name, method, url: address(means, `/signups/${at.signupId}${tail}`) }
}

function wait(seconds: number | undefined): { afterSeconds?: number } {
  return seconds ? { afterSeconds: seconds } : {}
}

/** All four fields: as sent where they were sound, the first suggestion for a faulty domain, else a placeholder. */
function wishSkeleton(at: Omit<Situation, 'state'>): Record<string, unknown> {
  return { ...placeholderFields(), ...sentSkeleton(at) }
}

function sentSkeleton({
  sent = {},
  suggestions = [],
  ...at
}: Omit<Situation, 'state'>): Record<string, unknown> {
  const faulty = faultyFields(at)
  const fields: Record<string, unknown> = {}
  for (const field of ['name', 'email', 'company', 'domain'] as const) {
    if (faulty.has(field)) fields[field] = (field === 'domain' && suggestions[0]) || placeholders[field]
    else if (typeof sent[field] === 'string') fields[field] = sent[field]
  }
  return fields
}

function placeholderFields(): Record<string, unknown> {
  const { verificationCode: _, ...fields } = placeholders
  return fields
}

function faultyFields({ errors = [] }: { errors?: Fault[] }): Set<string> {
  return new Set(errors.map(({ field }) => field))
}

function address(means: Means, tail: string): string {
  return new URL(`${onboardingPath}${tail}`, means.publicUrl).href
}
