/** A mail as its writer states it. The HTML body is made from the text. */
export type Letter = {
  /** A word for logs and counts, such as `signup-code`. */
  kind: string
  to: string
  subject: string
  text: string
  /** The workspace it belongs to, when there is one already. */
  tenantId?: string
  /** After this it is not worth sending: when what it carries has expired. */
  expires: Date
}

/** What is sealed into the outbox and opened again for each delivery. */
export type LetterBody = { to: string; subject: string; text: string; html: string }

// Narrower than RFC 5321: no quoted local part, nothing that a mail program could read as a second address.
const addressShape = /^[^\s"(),:;<>@[\\\]]{1,64}@[^\s"(),:;<>@[\\\]]{1,253}$/u
const mostSubjectCharacters = 200
const mostTextCharacters = 20_000

/**
 * Refuses a letter that could add headers, addressees or other lines than its own. What comes from people is
 * checked before; here it is a fault of ours and throws an ordinary error, which never quotes the value.
 */
export function checkLetter(letter: Letter): void {
  if (!addressShape.test(letter.to) || hasControl(letter.to))
    throw new Error('a letter needs one plain address')
  if (hasControl(letter.subject) || letter.subject.length > mostSubjectCharacters || !letter.subject.trim())
    throw new Error('a subject is one line of at most 200 characters')
  if (hasControl(letter.text.replaceAll('\n', '')) || letter.text.length > mostTextCharacters)
    throw new Error('the text of a letter has lines and no other control characters')
  if (!/^[a-z][a-z-]{0,40}$/.test(letter.kind)) throw new Error('the kind of a letter is a word')
}

/** The HTML body: the same words in paragraphs, addresses as links, a line that is only a code in large type. */
export function htmlFromText(text: string): string {
  const paragraphs = text
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.trim())
    .filter(Boolean)
  const style =
    'font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;max-width:36em;margin:2em auto;padding:0 1em'
  return `<!doctype html><html lang="en"><meta charset="utf-8"><body style="${style}">${paragraphs.map(paragraphHtml).join('')}</body></html>`
}

function paragraphHtml(paragraph: string): string {
  if (/^[0-9]{6,10}$/.test(paragraph))
    return `<p style="font:bold 32px/1.4 ui-monospace,monospace;letter-spacing:.15em">${paragraph}</p>`
  return `<p>${paragraph.split('\n').map(lineHtml).join('<br>')}</p>`
}

// Split by addresses: every odd part is one. A full stop or bracket after an address is not of it.
function lineHtml(line: string): string {
  return line
    .split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]])/)
    .map((part, at) =>
      at % 2 === 1 ? `<a href="${escapeHtml(part)}">${escapeHtml(part)}</a>` : escapeHtml(part)
    )
    .join('')
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

// Control characters (C0, DEL, C1), line and paragraph separators, and the marks that turn the writing direction.
function hasControl(text: string): boolean {
  return /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(text)
}
