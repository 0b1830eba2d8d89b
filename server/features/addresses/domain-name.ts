import { isReservedName } from './reserved-name.ts'

export type DomainFault =
  | 'DOMAIN_REQUIRED'
  | 'DOMAIN_TOO_SHORT'
  | 'DOMAIN_TOO_LONG'
  | 'DOMAIN_INVALID'
  | 'DOMAIN_BLACKLISTED'

const shortestDomainCharacters = 3 // [S2]
export const longestDomainCharacters = 20 // [S2]

/**
 * The first fault of a wished domain, or undefined if a workspace may bear it; whether it is taken is not
 * asked. Length is judged before characters, reserved names last (contract §2). Nothing is trimmed or lower-cased.
 */
export function judgeDomainName(domain: string): DomainFault | undefined {
  if (domain.trim() === '') return 'DOMAIN_REQUIRED'
  // No code point takes more than two units, so the slice decides; a long text is not spread out for it.
  const characters = Array.from(domain.slice(0, 2 * longestDomainCharacters + 1)).length
  if (characters < shortestDomainCharacters) return 'DOMAIN_TOO_SHORT'
  if (characters > longestDomainCharacters) return 'DOMAIN_TOO_LONG'
  if (!isHostLabel(domain)) return 'DOMAIN_INVALID'
  return isReservedName(domain) ? 'DOMAIN_BLACKLISTED' : undefined
}

// Hyphens at positions 3–4 mark encoded labels such as `xn--` (RFC 5890 §2.3.1).
function isHostLabel(label: string): boolean {
  return (
    /^[a-z0-9-]+$/.test(label) && !label.startsWith('-') && !label.endsWith('-') && !label.startsWith('--', 2)
  )
}
