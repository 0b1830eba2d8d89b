import { problem } from '#server/kernel/problem.ts'

/** A body as text: UTF-8 without NUL, which the database could not keep. Throws MALFORMED_BODY. */
export function readBodyText(contentType: string | undefined, bytes: Buffer): string {
  const text = decode(bytes)
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(contentType ?? '')
  if (text === undefined || text.includes('\0') || (isForm && !isCleanForm(text)) || /\\u0000/i.test(text))
    throw problem('MALFORMED_BODY', { fields: [{ field: 'body', code: 'invalid' }] })
  return text
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function isCleanForm(text: string): boolean {
  try {
    return !decodeURIComponent(text.replaceAll('+', ' ')).includes('\0')
  } catch {
    return false
  }
}
