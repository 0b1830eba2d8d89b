import {
  hasForbiddenCharacters,
  longestCompanyCharacters,
  longestNameCharacters
} from '#server/kernel/plain-text.ts'
import { type Problem, problem } from '#server/kernel/problem.ts'
import { parsePublicUrl } from '#server/kernel/public-url.ts'
import { judgeEmailAddress } from '../addresses/email-address.ts'
import { defaultFormsAuth } from '../configuration/forms-auth.ts'
import { judgePassword } from '../people/password.ts'
import type { Claim } from './startup.schema.ts'

/** What is asked for, trimmed and judged. */
export type ClaimWish = {
  name: string
  email: string
  password: string
  organization: string
  publicUrl: URL
}

export type ClaimField = keyof ClaimWish | 'setupToken'

/** One fault of one field, with a sentence for a person. */
export type ClaimFault = { field: ClaimField; code: string; message: string }

/** Reads a claim by itself, without a look at the install. Throws `VALIDATION_FAILED` with every fault at once. */
export function readClaim(claim: Claim): ClaimWish {
  const wish = {
    name: claim.name.trim(),
    email: claim.email.trim(),
    organization: claim.organization.trim()
  }
  const { url, fault } = parsePublicUrl(claim.publicUrl.trim())
  const faults = [
    ...judgeLine('name', wish.name, longestNameCharacters),
    ...judgeEmail(wish.email),
    ...judgeWishedPassword(claim.password, [wish.name, wish.email, wish.organization]),
    ...judgeLine('organization', wish.organization, longestCompanyCharacters),
    ...(fault === undefined ? [] : [faultOf('publicUrl', 'invalid', `publicUrl ${fault}`)])
  ]
  if (faults.length > 0 || !url) throw claimProblem(faults)
  return { ...wish, password: claim.password, publicUrl: url }
}

/** Reads the address that is asked about. Throws `VALIDATION_FAILED` with what is wrong in `errors` (contract §4). */
export function checkPublicUrl(text: string): { message: string; url: string } {
  const { url, fault } = parsePublicUrl(text.trim())
  if (!url) throw claimProblem([faultOf('publicUrl', 'invalid', `publicUrl ${fault}`)])
  return { message: 'OK', url: url.origin }
}

function claimProblem(errors: ClaimFault[]): Problem {
  const codes = new Map(errors.map(({ field, code }) => [field, code]))
  const fields = [...codes].map(([field, code]) => ({ field, code }))
  return problem('VALIDATION_FAILED', { fields, members: { errors } })
}

function faultOf(field: ClaimField, code: string, message: string): ClaimFault {
  return { field, code, message }
}

function judgeLine(field: 'name' | 'organization', text: string, most: number): ClaimFault[] {
  if (text === '') return [faultOf(field, 'required', 'This is required.')]
  if (text.length > most) return [faultOf(field, 'too_long', `Use at most ${most} characters.`)]
  return hasForbiddenCharacters(text)
    ? [faultOf(field, 'invalid', 'This has characters that cannot be shown.')]
    : []
}

function judgeEmail(text: string): ClaimFault[] {
  const fault = judgeEmailAddress(text)
  if (!fault) return []
  return fault === 'EMAIL_REQUIRED'
    ? [faultOf('email', 'required', 'This is required.')]
    : [faultOf('email', 'invalid', 'Enter one whole e-mail address, such as jane@example.com.')]
}

function judgeWishedPassword(password: string, personal: string[]): ClaimFault[] {
  if (password === '') return [faultOf('password', 'required', 'This is required.')]
  const length = [...password.normalize('NFKC')].length
  const rules = defaultFormsAuth
  const tooLong = length > rules.passwordMaximumLength ? 'too_long' : 'invalid'
  const code = length < rules.passwordMinimumLength ? 'too_short' : tooLong
  return judgePassword(password, personal, rules).map((message) => faultOf('password', code, message))
}
