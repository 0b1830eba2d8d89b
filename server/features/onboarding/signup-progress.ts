import { addSeconds, secondsUntil } from '#server/kernel/clock.ts'
import type { Means } from '#server/kernel/means.ts'
import { nextActionsFor } from './next-actions.ts'
import type { CodeAnswer } from './signup.schema.ts'
import {
  type CodeRow,
  codesPerSignup,
  resendSeconds,
  type SignupRow,
  statusOf,
  triesPerCode
} from './signup-record.ts'

/** What every answer about a sign-up says of its course: state, what is left, and what can be done next. */
export function progressOf(
  means: Means,
  signupId: string,
  signup: SignupRow,
  code: CodeRow
): Omit<CodeAnswer, 'message'> {
  const status = statusOf(means, signup)
  const isLive = status === 'awaiting_confirmation' && !code.used && !code.killed
  const attemptsRemaining = isLive ? triesPerCode - code.tries : 0
  const sendsRemaining = status === 'awaiting_confirmation' ? codesPerSignup - signup.sends : 0
  const resendAfterSeconds = sendsRemaining > 0 ? resendWaitSeconds(means, code) : 0
  const codeExpires = new Date(Math.min(code.expires.getTime(), signup.expires.getTime()))
  return {
    signupId,
    status,
    expiresAt: signup.expires.toISOString(),
    codeExpiresAt: isLive ? codeExpires.toISOString() : null,
    resendAfterSeconds,
    attemptsRemaining,
    sendsRemaining,
    nextActions: nextActionsFor(means, {
      state: status,
      signupId,
      attemptsRemaining,
      sendsRemaining,
      resendAfterSeconds
    })
  }
}

/** Whole seconds until this sign-up may send its next code. */
export function resendWaitSeconds(means: Means, code: CodeRow): number {
  return secondsUntil(means.now, addSeconds(code.created, resendSeconds))
}
