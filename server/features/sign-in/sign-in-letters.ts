import type { Letter } from '#server/kernel/letter.ts'

/** The mail with the code that is asked for after the password. */
export function signInCodeLetter(of: { tenantId: string; to: string; code: string; expires: Date }): Letter {
  return {
    kind: 'sign-in-code',
    to: of.to,
    tenantId: of.tenantId,
    subject: 'Your Ekso sign-in code',
    expires: of.expires,
    text: [
      'Enter this code in the browser in which you are signing in. It works for 10 minutes:',
      of.code,
      'Never tell it to anybody: no person and no agent needs it.',
      'Are you not signing in? Then somebody knows your password: choose another one at once.'
    ].join('\n\n')
  }
}
