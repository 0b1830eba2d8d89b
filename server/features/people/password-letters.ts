import { addSeconds } from '#server/kernel/clock.ts'
import type { Letter } from '#server/kernel/letter.ts'
import type { Means } from '#server/kernel/means.ts'

/** The mail with a link to set a password. */
export function passwordLinkLetter(
  means: Means,
  made: { tenantId: string; to: string; origin: string; passwordUrl: string; lifeSeconds: number }
): Letter {
  const hours = Math.round(made.lifeSeconds / 3600)
  const life = hours === 1 ? '60 minutes' : `${hours} hours`
  return {
    kind: 'password-link',
    to: made.to,
    tenantId: made.tenantId,
    subject: 'Set your Ekso password',
    expires: addSeconds(means.now, made.lifeSeconds),
    text: [
      `Somebody asked for a link to set your password for the Ekso workspace at ${made.origin}. It works once, for ${life}; earlier links no longer work:`,
      made.passwordUrl,
      'Was this not you? Then do nothing: your password stays as it is.'
    ].join('\n\n')
  }
}

/** Tells that a password was changed, and the way out when somebody else did it. */
export function passwordChangedLetter(of: {
  tenantId: string
  to: string
  origin: string
  expires: Date
  changed: Date
}): Letter {
  return {
    kind: 'password-changed',
    to: of.to,
    tenantId: of.tenantId,
    subject: 'Your Ekso password was changed',
    expires: of.expires,
    text: [
      `The password of your account in the Ekso workspace at ${of.origin} was changed on ${of.changed.toISOString().slice(0, 16).replace('T', ' at ')} UTC. All browsers were signed out, and connected apps lost their access.`,
      `Was this not you? Then take your account back at once with a new password:\n${of.origin}/password`
    ].join('\n\n')
  }
}
