import {
  cleanAgentName,
  hasForbiddenCharacters,
  longestCompanyCharacters,
  longestNameCharacters
} from '#server/kernel/plain-text.ts'
import type { ProblemCode } from '#server/kernel/problem.ts'
import { problemTable } from '#server/kernel/problem-table.ts'
import { judgeDomainName } from '../addresses/domain-name.ts'
import { judgeEmailAddress } from '../addresses/email-address.ts'
import type { Fault, SignupWish } from './signup.schema.ts'

/** A body as it came; onboarding ignores members that it does not know (contract §1). */
export type Body = Record<string, unknown>

export type AgentNote = { name: string; codeChallenge: string }

type WishField = keyof SignupWish
const wishFields: readonly WishField[] = ['name', 'email', 'company', 'domain']

/**
 * Reads the four fields, trimmed, and finds every fault at once, in the order of the seed's table [S2].
 * Where `fallback` has a value, an absent field takes it; one that is present but wrong is still a fault.
 */
export function readWish(
  body: Body,
  fallback: Partial<SignupWish> = {}
): { wish: SignupWish; faults: Fault[] } {
  const wish: SignupWish = { name: '', email: '', company: '', domain: '' }
  const faults: Fault[] = []
  for (const field of wishFields) {
    const given = body[field] ?? fallback[field]
    const text = typeof given === 'string' ? given.trim() : ''
    const code = judge[field](text)
    if (code) faults.push(fault(code))
    wish[field] = text
  }
  return { wish, faults }
}

/** Reads `agent`, if there is one. */
export function readAgentNote(body: Body): AgentNote | undefined | 'faulty' {
  const { agent } = body
  if (agent === undefined || agent === null) return undefined
  const { name, codeChallenge } = typeof agent === 'object' ? (agent as Body) : {}
  const cleaned = typeof name === 'string' && name.length <= 200 ? cleanAgentName(name) : ''
  if (!cleaned || typeof codeChallenge !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(codeChallenge))
    return 'faulty'
  return { name: cleaned, codeChallenge }
}

/** A field fault as it stands in `errors[]`. */
export function fault(code: ProblemCode): Fault {
  const row = problemTable[code]
  return { field: 'field' in row ? row.field : 'body', code, message: row.say }
}

const judge: Record<WishField, (text: string) => ProblemCode | undefined> = {
  name: (text) => judgeLine(text, longestNameCharacters, 'NAME_REQUIRED', 'NAME_INVALID'),
  email: judgeEmailAddress,
  company: (text) => judgeLine(text, longestCompanyCharacters, 'COMPANY_REQUIRED', 'COMPANY_INVALID'),
  domain: judgeDomainName
}

function judgeLine(
  text: string,
  most: number,
  required: ProblemCode,
  invalid: ProblemCode
): ProblemCode | undefined {
  if (text === '') return required
  return text.length > most || hasForbiddenCharacters(text) ? invalid : undefined
}
