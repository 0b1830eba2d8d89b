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

const sheets = ['./ekso.css', './ekso-document.css', './ekso-form.css']
const css = sheets.map((sheet) => readFileSync(new URL(sheet, import.meta.url), 'utf8')).join('\n')
const fingerprint = createHash('sha256').update(css).digest('base64url').slice(0, 16)

/** The one stylesheet. Its address changes with its text, so that it may be kept for ever. */
export const stylesheet = { text: css, fingerprint, url: `/assets/ekso.css?v=${fingerprint}` }

const icon = readFileSync(new URL('./ekso.svg', import.meta.url), 'utf8')

/** The house's sign, for browser tabs and the head of a page. */
export const houseIcon = { text: icon, url: '/assets/ekso.svg' }

/** A whole HTML document in the house's look. `isWide` is for reference pages; the rest read best narrow. */
export function page(content: { title: string; body: HtmlText; isWide?: boolean }): HtmlText {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${!content.isWide && html`<meta name="robots" content="noindex">\n`}<title>${content.title} · Ekso</title>
<link rel="icon" href="${houseIcon.url}" type="image/svg+xml">
<link rel="stylesheet" href="${stylesheet.url}">
</head>
<body>
<header><a href="/"><img src="${houseIcon.url}" alt="" width="28" height="28">Ekso</a></header>
<main class="${content.isWide ? 'wide' : 'narrow'}">
${content.body}
</main>
</body>
</html>
`
}

const momentText = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'UTC'
})

/** An instant as people read it. The server does not know their zone, so it names its own. */
export function moment(instant: Date): HtmlText {
  return html`<time datetime="${instant.toISOString()}">${momentText.format(instant)} UTC</time>`
}
