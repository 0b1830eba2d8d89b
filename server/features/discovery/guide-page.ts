import { Marked, type Tokens } from 'marked'
import { type HtmlText, html, page, raw } from '#server/kernel/pages.ts'

/**
 * A Markdown text of ours as a page. Headings get anchors, code can be scrolled by keyboard, and raw HTML in the source is
 * shown as text. DANGER: links are not judged, so never for text that came from a caller or the database.
 */
export function guidePage(text: string): HtmlText {
  const title = /^# (.+)$/m.exec(text)?.[1] ?? 'Guide'
  return page({
    title,
    body: html`<nav><p class="quiet"><a href="/">Ekso</a> · <a href="/guide">Guides</a></p></nav>
${raw(markdown.parse(text, { async: false }))}`,
    isWide: true
  })
}

const markdown = new Marked({
  renderer: {
    html({ text }: Tokens.HTML | Tokens.Tag): string {
      return html`${text}`.text
    },
    code({ text }: Tokens.Code): string {
      return html`<pre tabindex="0"><code>${text}</code></pre>\n`.text
    },
    heading({ tokens, depth, text }: Tokens.Heading): string {
      const content = this.parser.parseInline(tokens)
      return `<h${depth} id="${anchorOf(text)}">${content}</h${depth}>\n`
    }
  }
})

// Error codes keep their spelling, so that `/guide/errors#DOMAIN_TAKEN` can be written down from an answer.
function anchorOf(text: string): string {
  if (/^[A-Z]+(?:_[A-Z]+)+$/.test(text)) return text
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}
