import { Problem, type ProblemCode } from '#server/kernel/problem.ts'
import type { ClaimFault } from './claim-wish.ts'

/** What is wrong with one field of the wizard's form, as a sentence below it. */
export type FormFault = { field: ClaimFault['field'] | 'repeated'; message: string }

const fieldOf: Partial<Record<ProblemCode, { field: ClaimFault['field']; message: string }>> = {
  PUBLIC_URL_FIXED: {
    field: 'publicUrl',
    message: 'The setting EKSO_PUBLIC_URL says what this is. Leave it as it stands.'
  },
  PUBLIC_URL_IN_USE: {
    field: 'publicUrl',
    message: 'Other workspaces live at names below the present host, so the host has to stay.'
  },
  SETUP_TOKEN_UNSET: {
    field: 'publicUrl',
    message:
      'An address other than localhost needs a setup token: set EKSO_SETUP_TOKEN to a long random text and start the server again. Or keep localhost.'
  },
  SETUP_TOKEN_WRONG: {
    field: 'setupToken',
    message: 'Enter the value of EKSO_SETUP_TOKEN. What was sent is not it.'
  }
}

/** The faults of fields that a refused claim means; none when it is no matter of the form. */
export function formFaults(error: unknown): FormFault[] {
  if (!(error instanceof Problem)) return []
  const one = fieldOf[error.code]
  if (one) return [one]
  const errors = (error.members.errors ?? []) as ClaimFault[]
  return errors.map(({ field, message }) => ({ field, message: message.replace(/^publicUrl /, 'This ') }))
}
