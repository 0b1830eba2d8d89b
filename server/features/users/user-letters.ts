import { addSeconds } from '#server/kernel/clock.ts'
import type { Letter } from '#server/kernel/letter.ts'
import type { Means } from '#server/kernel/means.ts'

const noticeSeconds = 3 * 24 * 3600

/**
 * The mail that invites somebody into a workspace. Of the one who invites it holds the confirmed address alone, so
 * that an invitation carries nobody's own text.
 */
export function invitationLetter(
  means: Means,
  made: {
    tenantId: string
    to: string
    origin: string
    inviter: string
    passwordUrl: string
    lifeSeconds: number
  }
): Letter {
  return {
    kind: 'invitation',
    to: made.to,
    tenantId: made.tenantId,
    subject: 'You are invited to an Ekso workspace',
    expires: addSeconds(means.now, made.lifeSeconds),
    text: [
      `${made.inviter} added you to the Ekso workspace at ${made.origin}.`,
      'Set your password to begin. The link works once, for 72 hours; the workspace’s own page sends a new one at any time:',
      made.passwordUrl,
      'Do you not know this person? Then do nothing.'
    ].join('\n\n')
  }
}

/** The mail to the old address of a user whose address was changed. */
export function addressChangedLetter(means: Means, user: { tenant_id: string; email: string }): Letter {
  return {
    kind: 'address-changed',
    to: user.email,
    tenantId: user.tenant_id,
    subject: 'Your Ekso e-mail address was changed',
    expires: addSeconds(means.now, noticeSeconds),
    text: [
      `An administrator changed the e-mail address of your account in an Ekso workspace on ${means.publicUrl.host}. This address no longer opens it.`,
      'Was this not agreed with you? Ask the administrators of the workspace.'
    ].join('\n\n')
  }
}
