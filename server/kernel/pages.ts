import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const made = Symbol('made by html')

/** Markup that is safe to send: only `html` and `raw` make it. */
export type HtmlText = { readonly [made]: true; readonly text: string }
type HtmlValue = HtmlText | string | number | null | undefined | false | HtmlValue[]

/** Markup with every value escaped, for text and for attributes in double quotes. Lists are joined, nothing is nothing. */
export function html(parts: TemplateStringsArray, ...values: HtmlValue[]): HtmlText {
  return raw(parts.map((part, at) => part + (at < values.length ? toMarkup(values[at]) : '')).join(''))
}

/** Markup as it is. DANGER: never for text that came from a caller or the database. */
export function raw(text: string): HtmlText {
  return { [made]: true, text }
}

function toMarkup(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return ''
  if (Array.isArray(value)) return value.map(toMarkup).join('')
  // The symbol, not the shape: an object from JSON may look like markup.
  if (typeof value === 'object' && made in value) return value.text
  return String(value).replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`)
}

const css = readFileSync(new URL('./ekso.css', import.meta.url), 'utf8')
const fingerprint = createHash('sha256').update(css).digest('base64url').slice(0, 16)

/** The one stylesheet. Its address changes with its text, so that it may be kept for ever. */
export const stylesheet = { text: css, fingerprint, url: `/assets/ekso.css?v=${fingerprint}` }

/** A whole HTML document in the house's look. `isWide` is for reference pages; the rest read best narrow. */
export function page(content: { title: string; body: HtmlText; isWide?: boolean }): HtmlText {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${content.title} · Ekso</title>
<link rel="stylesheet" href="${stylesheet.url}">
</head>
<body>
<main class="${content.isWide ? 'wide' : 'narrow'}">
${content.body}
</main>
</body>
</html>
`
}
