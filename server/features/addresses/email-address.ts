import { domainToASCII } from 'node:url'

export type EmailFault = 'EMAIL_REQUIRED' | 'EMAIL_INVALID'

const longestAddressCharacters = 254 // RFC 5321 §4.5.3.1.3, without the angle brackets
const longestLocalPartCharacters = 64 // RFC 5321 §4.5.3.1.1

// RFC 5322 §3.2.3 dot-atom in ASCII.
// Quoted local parts are legal, and refused: they can hold a second recipient.
const dotAtom = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i
const hostLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const writtenDomain = /^[\p{L}\p{M}\p{N}.-]+$/u

/**
 * The fault of an e-mail address, or undefined if exactly one mailbox can be meant by it. An international
 * domain is accepted, an international local part is not: few mail servers take one. Nothing is trimmed.
 */
export function judgeEmailAddress(text: string): EmailFault | undefined {
  if (text.trim() === '') return 'EMAIL_REQUIRED'
  return parse(text) ? undefined : 'EMAIL_INVALID'
}

/**
 * The address for comparison and for the 2 minutes between codes (contract §1): as typed, case ignored, the
 * domain in ASCII. Addresses that differ here may be two people's. What is no address comes back in lower case.
 */
export function canonicalAddress(text: string): string {
  const address = parse(text)
  return address ? `${address.localPart}@${address.domain}` : text.toLowerCase()
}

/** The address for daily limits only: canonical, without the `+tag` that one mailbox can vary freely. */
export function foldedAddress(text: string): string {
  const address = parse(text)
  if (!address) return text.toLowerCase()
  const tagStart = address.localPart.indexOf('+')
  const mailbox = tagStart > 0 ? address.localPart.slice(0, tagStart) : address.localPart
  return `${mailbox}@${address.domain}`
}

/** For eyes that may not see the address: first character (of at least two) and domain, `j***@example.com`. */
export function maskAddress(text: string): string {
  const address = parse(text)
  if (!address) return '***'
  const shown = address.localPart.length > 1 ? address.localPart.slice(0, 1) : ''
  return `${shown}***@${address.domain}`
}

function parse(text: string): { localPart: string; domain: string } | undefined {
  if (text.length > longestAddressCharacters) return undefined
  const at = text.lastIndexOf('@')
  const localPart = text.slice(0, Math.max(at, 0))
  if (localPart.length > longestLocalPartCharacters || !dotAtom.test(localPart)) return undefined
  const domain = asciiDomain(text.slice(at + 1))
  if (domain === undefined || localPart.length + 1 + domain.length > longestAddressCharacters)
    return undefined
  return { localPart: localPart.toLowerCase(), domain }
}

function asciiDomain(written: string): string | undefined {
  if (!writtenDomain.test(written)) return undefined
  // Turns `0x7f.1` into an IPv4 address, which its last label gives away, and what no host can be into nothing.
  const domain = domainToASCII(written)
  const labels = domain.split('.')
  const last = labels.at(-1) ?? ''
  if (labels.length < 2) return undefined
  if (!labels.every((label) => hostLabel.test(label))) return undefined
  return last.length > 1 && !/^[0-9]+$/.test(last) ? domain : undefined
}
