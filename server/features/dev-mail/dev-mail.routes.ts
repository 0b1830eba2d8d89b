import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import type { KeptLetter } from '#server/kernel/outbox.ts'
import { type HtmlText, html, page } from '#server/kernel/pages.ts'
import { readKeptMail } from './kept-mail.ts'

// The frames take over the page's policy, and mail carries its styles inline.
const policy =
  "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/** The development mailbox: HTML for browsers, JSON for every other client. */
export function devMailRoutes({ http, db, secrets, settings }: App): void {
  http.get('/dev/mail', { config: { access: pageAccess({ on: 'home' }) } }, async (request, reply) => {
    const reader = { peer: request.raw.socket.remoteAddress, headers: request.headers }
    const letters = await db.install((tx) => readKeptMail(tx, { secrets, settings }, reader))
    // Another port of this machine is another origin, but the same site.
    reply.header('cross-origin-resource-policy', 'same-origin')
    if (!request.headers.accept?.includes('text/html')) return reply.send(letters)
    reply.header('content-security-policy', policy)
    return reply.type('text/html; charset=utf-8').send(mailboxPage(letters).text)
  })
}

function mailboxPage(letters: KeptLetter[]): HtmlText {
  const body = html`<h1>Mail that was not sent</h1>
<p>There is no mail server (<code>SMTP_URL</code>), so the mails of this install are kept here, newest first. Reload to
see newer ones. Only this machine can open this page.</p>
${letters.length === 0 && html`<p>There is no mail yet.</p>`}
${letters.map(letterCard)}`
  return page({ title: 'Mail', body, isWide: true })
}

// Without allow-scripts and allow-same-origin the mail can neither run anything nor read this page.
function letterCard(letter: KeptLetter): HtmlText {
  return html`<section class="card">
<h2>${letter.subject}</h2>
<p class="quiet">To ${letter.to} · ${letter.created}</p>
<iframe title="${letter.subject}" sandbox="allow-popups allow-popups-to-escape-sandbox" width="100%" height="360"
srcdoc="${`<base target="_blank">${letter.html}`}"></iframe>
<details><summary>As plain text</summary><pre tabindex="0">${letter.text}</pre></details>
</section>
`
}
