import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { findSession } from '#server/kernel/http/browser-session.ts'
import { sendPage } from '#server/kernel/http/send-page.ts'
import { pageMark } from '#server/kernel/page-mark.ts'
import { type HtmlText, html, page } from '#server/kernel/pages.ts'
import { accountNav } from '../account/account-nav.ts'
import { serviceLinks } from '../discovery/service-link.ts'
import { isHomeClaimed } from './home.ts'

/** The front page of every host: what this is, and the way in. */
export function workspacePages(app: App): void {
  const { http, db, publicUrl, means } = app
  http.get('/', { config: { access: pageAccess({ on: 'any' }) } }, async (request, reply) => {
    const session = await findSession(app, request)
    reply.header('link', serviceLinks)
    if (session) return sendPage(reply, welcomePage(request.tenant.name, session.name))
    const content = request.tenant.isHome
      ? homePage(publicUrl(), means().takesSignups, await isHomeClaimed(db))
      : readyPage(request.tenant.name)
    return sendPage(reply, content)
  })
}

function welcomePage(workspace: string, name: string): HtmlText {
  return page({
    title: workspace,
    nav: accountNav(),
    body: html`${pageMark('place')}
<h1><bdi>${workspace}</bdi></h1>
<p>You are signed in as <bdi>${name}</bdi>.</p>
<ul class="links">
<li><a href="/account">Your account</a><span>password and browsers</span></li>
<li><a href="/account/apps">Connected apps</a><span>programs that act for you</span></li>
<li><a href="/account/keys">API keys</a><span>for your own scripts</span></li>
</ul>`
  })
}

function readyPage(name: string): HtmlText {
  return page({
    title: name,
    body: html`${pageMark('place')}
<h1>${name}</h1>
<p>This workspace is open to its people.</p>
<p><a class="button" href="/sign-in">Sign in</a></p>
<p class="quiet">No password yet? The link in the welcome mail sets it. Is that link lost or used up, or the password
forgotten? <a href="/password">Have a new one sent</a>.</p>`
  })
}

function homePage(publicUrl: URL, takesSignups: boolean, isClaimed: boolean): HtmlText {
  const signup = takesSignups
    ? html`<p>Ask your AI agent to open a workspace for you, or do it yourself. Nothing is opened before you have
confirmed it by mail.</p>
<p><a class="button${!isClaimed && ' secondary'}" href="/guide/agent-onboarding">How agents sign people up</a>
<a class="button secondary" href="/signup">Open a workspace yourself</a></p>`
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
<p class="quiet">You belong to the home workspace of this install? <a href="/sign-in">Sign in</a>.</p>
<h2>For agents and developers</h2>
<ul class="links">
<li><a href="/llms.txt">llms.txt</a><span>where an agent begins</span></li>
<li><a href="/docs">API reference</a><span>every call, with an example</span></li>
<li><a href="/openapi.json">openapi.json</a><span>the same for programs</span></li>
<li><a href="/guide/errors">Errors</a><span>every one, and the way out of it</span></li>
</ul>`
  })
}
