import { hasForbiddenCharacters } from '#server/kernel/plain-text.ts'
import { type FieldFault, problem } from '#server/kernel/problem.ts'
import { judgeEmailAddress } from '../addresses/email-address.ts'
import type { UserChange } from './user.schema.ts'

const lines = ['name', 'initials', 'email', 'costCenter', 'jobRole', 'workingHours'] as const
// A day has at most 24 hours: `8h`, `7h 30m`, `450m`, `7.5`, `7.5h`.
const workingDay = /^(?:(?:1?\d|2[0-4])(?:\.\d{1,2})?h?|(?:1?\d|2[0-4])h [0-5]?\dm|\d{1,4}m)$/

/**
 * The members as they are kept: texts trimmed, names canonical. Throws VALIDATION_FAILED with every fault that a
 * schema cannot see.
 */
export function readUserFields(given: UserChange): UserChange {
  const faults: FieldFault[] = []
  const fields = { ...given }
  const fault = (field: keyof UserChange, code: string) => faults.push({ field, code })
  for (const line of lines) {
    const value = fields[line]?.normalize('NFC').trim()
    if (value === undefined) continue
    fields[line] = value
    if (hasForbiddenCharacters(value)) fault(line, 'invalid')
    else if (value === '' && (line === 'name' || line === 'email')) fault(line, 'required')
  }
  const { email, workingHours, locale, timezone, locked } = fields
  if (email && judgeEmailAddress(email)) fault('email', 'invalid')
  if (workingHours && !workingDay.test(workingHours)) fault('workingHours', 'invalid')
  if (locale !== undefined) {
    const canonical = canonicalLocale(locale)
    if (canonical) fields.locale = canonical
    else fault('locale', 'invalid')
  }
  if (timezone !== undefined && !isTimezone(timezone)) fault('timezone', 'invalid')
  if (typeof locked === 'string') {
    const instant = new Date(locked)
    if (Number.isNaN(instant.getTime())) fault('locked', 'invalid')
    else fields.locked = instant.toISOString()
  }
  if (faults.length > 0) throw problem('VALIDATION_FAILED', { fields: faults })
  return fields
}

/** Two letters of a name: of its first and its last word. */
export function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter(Boolean)
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined]
  return letters
    .map((word) => [...(word ?? '')][0] ?? '')
    .join('')
    .toUpperCase()
    .slice(0, 8)
}

function canonicalLocale(text: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(text)[0]
  } catch {
    return undefined
  }
}

// Offsets such as `+01:00` are accepted by Intl and are no names: they know no summer time.
function isTimezone(text: string): boolean {
  if (!/^[A-Za-z]/.test(text)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    return true
  } catch {
    return false
  }
}
