import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { pageMark } from '#server/kernel/page-mark.ts'
import { type HtmlText, html, page } from '#server/kernel/pages.ts'
import { serviceLinks } from '../discovery/service-link.ts'
import { isHomeClaimed } from './home.ts'

/** The front page of every host: what this is, and the way to a password. */
export function workspacePages({ http, db, publicUrl, means }: App): void {
  http.get('/', { config: { access: pageAccess({ on: 'any' }) } }, async (request, reply) => {
    const content = request.tenant.isHome
      ? homePage(publicUrl(), means().takesSignups, await isHomeClaimed(db))
      : readyPage(request.tenant.name)
    return reply.header('link', serviceLinks).type('text/html; charset=utf-8').send(content.text)
  })
}

function readyPage(name: string): HtmlText {
  return page({
    title: name,
    body: html`${pageMark('place')}
<h1>${name}</h1>
<p>This workspace is open.</p>
<p>Its owner sets the first password with the link in the welcome mail. Is that link lost or used up, or the password
forgotten? Have a new one sent.</p>
<p><a class="button" href="/password">Get a link by mail</a></p>
<p class="quiet">This version of the server has no sign-in yet.</p>`
  })
}

function homePage(publicUrl: URL, takesSignups: boolean, isClaimed: boolean): HtmlText {
  const signup = takesSignups
    ? html`<p>Ask your AI agent to open a workspace for you. It takes two calls, and nothing is opened before you have
confirmed it by mail.</p>
<p><a class="button${!isClaimed && ' secondary'}" href="/guide/agent-onboarding">How agents sign people up</a></p>`
    : html`<p>This install does not take sign-ups. Ask whoever runs it for a workspace.</p>`
  return page({
    title: 'Work that people and agents share',
    body: html`<h1>Work that people and their AI agents share</h1>
<p>This is the Ekso install at <strong>${publicUrl.host}</strong>.</p>
${
  !isClaimed &&
  html`<p>Nobody owns it yet. Is it yours? Then make yourself its owner now; it takes a minute.</p>
<p><a class="button" href="/startup">Set up this install</a></p>`
}
${signup}
<h2>For agents and developers</h2>
<ul class="links">
<li><a href="/llms.txt">llms.txt</a><span>where an agent begins</span></li>
<li><a href="/docs">API reference</a><span>every call, with an example</span></li>
<li><a href="/openapi.json">openapi.json</a><span>the same for programs</span></li>
<li><a href="/guide/errors">Errors</a><span>every one, and the way out of it</span></li>
</ul>`
  })
}
