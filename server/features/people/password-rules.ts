import type { Tx } from '#server/kernel/db.ts'
import type { FormsAuthRules } from '../configuration/forms-auth.schema.ts'
import { readFormsAuthRules } from '../configuration/forms-auth.ts'

/** What a workspace asks of a password (contract §3, unless its super admin changed it). */
export type PasswordRules = Pick<
  FormsAuthRules,
  | 'passwordMinimumLength'
  | 'passwordMaximumLength'
  | 'passwordRequireNumber'
  | 'passwordRequireUppercaseLetter'
  | 'passwordRequireLowercaseLetter'
  | 'passwordRequireSymbol'
>

const kinds = [
  {
    isAsked: (rules: PasswordRules) => rules.passwordRequireUppercaseLetter,
    letters: /\p{Lu}/u,
    word: 'upper-case letter'
  },
  {
    isAsked: (rules: PasswordRules) => rules.passwordRequireLowercaseLetter,
    letters: /\p{Ll}/u,
    word: 'lower-case letter'
  },
  { isAsked: (rules: PasswordRules) => rules.passwordRequireNumber, letters: /\p{Nd}/u, word: 'digit' },
  {
    isAsked: (rules: PasswordRules) => rules.passwordRequireSymbol,
    letters: /[!@#$%^&*()\-=_+]/,
    word: 'symbol (one of !@#$%^&*()-=_+)'
  }
]

export function readPasswordRules(tx: Tx, tenantId: string): Promise<PasswordRules> {
  return readFormsAuthRules(tx, tenantId)
}

/** The rules as one sentence, to stand beside the field. */
export function passwordHint(rules: PasswordRules): string {
  const { passwordMinimumLength: least, passwordMaximumLength: most } = rules
  const asked = kinds.filter(({ isAsked }) => isAsked(rules)).map(({ word }) => `${article(word)} ${word}`)
  const list = asked.length > 1 ? `${asked.slice(0, -1).join(', ')} and ${asked.at(-1)}` : asked.join()
  return `${least} to ${most} characters${list && `, with ${list}`}.`
}

/** What of the rules a password breaks, as sentences for a person. */
export function brokenRules(password: string, rules: PasswordRules): string[] {
  const { passwordMinimumLength: least, passwordMaximumLength: most } = rules
  const length = [...password].length
  const faults: string[] = []
  if (length < least) faults.push(`Use at least ${least} characters.`)
  if (length > most) faults.push(`Use at most ${most} characters.`)
  for (const { isAsked, letters, word } of kinds)
    if (isAsked(rules) && !letters.test(password)) faults.push(`Use at least one ${word}.`)
  return faults
}

function article(word: string): string {
  return /^[aeiou]/.test(word) ? 'an' : 'a'
}
