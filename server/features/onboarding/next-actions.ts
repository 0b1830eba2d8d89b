import type { Means } from '#server/kernel/means.ts'
import type { ProblemCode } from '#server/kernel/problem.ts'
import type { Fault, NextAction, SignupStatus } from './signup.schema.ts'
import type { Body } from './signup-wish.ts'

export const onboardingPath = '/api/bo/on/agent'

/** What a skeleton asks its reader to fill in. */
const placeholders = {
  name: '<name of the person>',
  email: '<e-mail address of the person>',
  company: '<company or team of the person>',
  domain: '<3 to 20 of a-z 0-9 and hyphen>',
  verificationCode: '<6-digit code from the e-mail>'
} as const

export type Situation = {
  state: 'new' | SignupStatus
  signupId?: string
  /** The body that was sent: its sound fields stand in the skeletons, so that nothing must be remembered. */
  sent?: Body
  errors?: Fault[]
  suggestions?: string[]
  attemptsRemaining?: number
  sendsRemaining?: number
  correctionsRemaining?: number
  resendAfterSeconds?: number
  /** The newest code never arrived: its address was refused, or its mail given up. */
  isMailLost?: boolean
}

type Place = Omit<Situation, 'state'>

type Refused = Place & {
  code: ProblemCode
  method: string
  path: string
  retryAfterSeconds?: number | undefined
}

/** The calls that lead on from a situation, the likeliest first. URLs come from the public URL in force. */
export function nextActionsFor(means: Means, at: Situation): NextAction[] {
  if (!means.takesSignups) return []
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
export function nextActionsAfter(means: Means, refused: Refused): NextAction[] {
  const { code, path, signupId } = refused
  if (!means.takesSignups) return []
  if (refused.retryAfterSeconds !== undefined) return [repeatAction(means, refused)]
  if (code === 'SIGNUP_COMPLETED') return nextActionsFor(means, { ...refused, state: 'completed' })
  if (code.startsWith('SIGNUP_')) return [startAction(means, refused)]
  if (signupId) return signupActions(means, refused)
  // Without a handle the code opens only what it was sent for: with another domain it is of no use.
  if (path.endsWith('/signup') && code !== 'DOMAIN_TAKEN' && code !== 'VERIFICATION_CODE_EXPIRED')
    return [completeAction(means, { ...refused, suggestions: [] }), startAction(means, refused)]
  return [startAction(means, refused), checkAction(means, refused)]
}

function signupActions(means: Means, refused: Refused): NextAction[] {
  const { code, path } = refused
  if (code === 'CORRECTIONS_USED_UP')
    return [startAction(means, { ...refused, sent: {} }), ...waitingActions(means, refused)]
  if (refused.attemptsRemaining !== undefined) return waitingActions(means, refused)
  const status = signupAction(means, refused, 'status', 'GET', '')
  if (path.endsWith('/signup')) return [completeAction(means, refused), status]
  if (path.endsWith('/email')) return [correctAction(means, refused), status]
  return [status]
}

// Asking for the state comes after what moves on, so that nobody who takes the first possible call goes in circles.
function waitingActions(means: Means, at: Place): NextAction[] {
  const { attemptsRemaining = 0, sendsRemaining = 0, correctionsRemaining = 0, isMailLost = false } = at
  const code = attemptsRemaining > 0 && !isMailLost ? [completeAction(means, at)] : []
  const resend = sendsRemaining > 0 ? [resendAction(means, at)] : []
  const correct = sendsRemaining > 0 && correctionsRemaining > 0 ? [correctAction(means, at)] : []
  return [
    ...code,
    ...(isMailLost ? [...correct, ...resend] : [...resend, ...correct]),
    ...(sendsRemaining > 0 ? [] : [startAction(means, { ...at, sent: {} })]),
    signupAction(means, at, 'status', 'GET', ''),
    signupAction(means, at, 'cancel', 'POST', '/cancel')
  ]
}

function startAction(means: Means, at: Place): NextAction {
  const agent = at.sent?.agent === undefined || faultyFields(at).has('agent') ? {} : { agent: at.sent.agent }
  return {
    name: 'start',
    method: 'POST',
    url: address(means, '/code'),
    body: { ...wishSkeleton(at), ...agent }
  }
}

function checkAction(means: Means, at: Place): NextAction {
  return { name: 'check', method: 'POST', url: address(means, '/check'), body: wishSkeleton(at) }
}

function completeAction(means: Means, at: Place): NextAction {
  const { sent = {}, signupId } = at
  const hasSoundCode = typeof sent.verificationCode === 'string' && !faultyFields(at).has('verificationCode')
  const verificationCode = hasSoundCode ? sent.verificationCode : placeholders.verificationCode
  // The sign-up knows its address; another one would be refused again.
  const { email: _, ...corrections } = sentSkeleton(at)
  const fields = signupId ? corrections : wishSkeleton(at)
  const handle = signupId ? { signupId } : {}
  return {
    name: 'complete',
    method: 'POST',
    url: address(means, '/signup'),
    body: { ...fields, verificationCode, ...handle }
  }
}

function repeatCompletion(means: Means, at: Place): NextAction {
  return { name: 'complete', method: 'POST', url: address(means, '/signup'), body: { signupId: at.signupId } }
}

function resendAction(means: Means, at: Place): NextAction {
  return { ...signupAction(means, at, 'resend', 'POST', '/resend'), ...wait(at.resendAfterSeconds) }
}

function correctAction(means: Means, at: Place): NextAction {
  return { ...signupAction(means, at, 'correctEmail', 'POST', '/email'), body: { email: placeholders.email } }
}

function repeatAction(means: Means, refused: Refused): NextAction {
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

function signupAction(means: Means, at: Place, name: string, method: string, tail: string): NextAction {
  return { name, method, url: address(means, `/signups/${at.signupId}${tail}`) }
}

function wait(seconds: number | undefined): { afterSeconds?: number } {
  return seconds ? { afterSeconds: seconds } : {}
}

/** All four fields: as sent where they were sound, the first suggestion for a faulty domain, else a placeholder. */
function wishSkeleton(at: Place): Record<string, unknown> {
  return { ...placeholderFields(), ...sentSkeleton(at) }
}

function sentSkeleton({ sent = {}, suggestions = [], ...at }: Place): Record<string, unknown> {
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
