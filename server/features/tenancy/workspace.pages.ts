import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { type HtmlText, html, page } from '#server/kernel/pages.ts'
import { serviceLinks } from '../discovery/service-link.ts'

/** The front page of every host: what this is, and the way to a password. */
export function workspacePages({ http, publicUrl, means }: App): void {
  http.get('/', { config: { access: pageAccess({ on: 'any' }) } }, (request, reply) => {
    const content = request.tenant.isHome
      ? homePage(publicUrl(), means().takesSignups)
      : readyPage(request.tenant.name)
    return reply.header('link', serviceLinks).type('text/html; charset=utf-8').send(content.text)
  })
}

function readyPage(name: string): HtmlText {
  return page({
    title: name,
    body: html`<h1>${name}</h1>
<p>This workspace is ready.</p>
<p>Its owner sets the first password by the link in the welcome mail. The link works once, for 72 hours. Is it used up
or lost? Have a new one sent:</p>
<form method="post" action="/password">
<label for="email">Your e-mail address</label>
<input id="email" name="email" type="email" autocomplete="email" maxlength="254" required>
<button>Send me a link</button>
</form>`
  })
}

function homePage(publicUrl: URL, takesSignups: boolean): HtmlText {
  const signup = takesSignups
    ? html`<p>An agent opens a workspace for you in two calls, and you confirm it by e-mail:
<a href="/guide/agent-onboarding">how agents sign people up</a>.</p>`
    : html`<p>This install does not take sign-ups. Ask its operator for a workspace.</p>`
  return page({
    title: 'Ekso',
    body: html`<h1>Ekso</h1>
<p>Work management that people and their AI agents share, at ${publicUrl.host}.</p>
${signup}
<h2>For agents and developers</h2>
<ul>
<li><a href="/llms.txt">llms.txt</a>: where an agent begins</li>
<li><a href="/docs">API reference</a> and <a href="/openapi.json">OpenAPI description</a></li>
<li><a href="/guide/errors">Every error, and the way out of it</a></li>
</ul>`
  })
}
