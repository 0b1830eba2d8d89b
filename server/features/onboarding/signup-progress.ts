import { addSeconds, secondsUntil } from '#server/kernel/clock.ts'
import type { Means } from '#server/kernel/means.ts'
import type { Delivery } from '#server/kernel/outbox.ts'
import { nextActionsFor } from './next-actions.ts'
import type { CodeAnswer } from './signup.schema.ts'
import {
  type CodeRow,
  codeEnd,
  codesPerSignup,
  correctionsPerSignup,
  resendSeconds,
  type SignupRow,
  statusOf,
  triesPerCode
} from './signup-record.ts'

/** What is left to a sign-up: tries of its newest code, mails, corrections, and the wait for the next mail. */
export type Counts = Record<
  'attemptsRemaining' | 'sendsRemaining' | 'correctionsRemaining' | 'resendAfterSeconds',
  number
>

export function countsOf(means: Means, signup: SignupRow, code: CodeRow): Counts {
  const isWaiting = statusOf(means, signup) === 'awaiting_confirmation'
  const isAlive = isWaiting && isLiving(code) && codeEnd(signup, code) > means.now
  const sendsRemaining = isWaiting ? codesPerSignup - signup.sends : 0
  return {
    resendAfterSeconds: sendsRemaining > 0 ? resendWaitSeconds(means, code) : 0,
    attemptsRemaining: isAlive ? triesPerCode - code.tries : 0,
    sendsRemaining,
    correctionsRemaining: isWaiting ? correctionsPerSignup - signup.corrections : 0
  }
}

/** What every answer about a sign-up says of its course: state, what is left, and what can be done next. */
export function progressOf(
  means: Means,
  signupId: string,
  signup: SignupRow,
  code: CodeRow,
  delivery: Delivery = 'queued'
): Omit<CodeAnswer, 'message'> {
  const status = statusOf(means, signup)
  const { correctionsRemaining, ...counts } = countsOf(means, signup, code)
  const isMailLost = delivery === 'bounced' || delivery === 'failed'
  const isOpen = status === 'awaiting_confirmation' && isLiving(code)
  return {
    signupId,
    status,
    expiresAt: signup.expires.toISOString(),
    codeExpiresAt: isOpen ? codeEnd(signup, code).toISOString() : null,
    ...counts,
    nextActions: nextActionsFor(means, {
      state: status,
      signupId,
      ...counts,
      correctionsRemaining,
      isMailLost
    })
  }
}

function isLiving(code: CodeRow): boolean {
  return !code.used && !code.killed
}

/** Whole seconds until this sign-up may send its next code. */
export function resendWaitSeconds(means: Means, code: CodeRow): number {
  return secondsUntil(means.now, addSeconds(code.created, resendSeconds))
}
