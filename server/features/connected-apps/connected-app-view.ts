import { pageMark } from '#server/kernel/page-mark.ts'
import { type HtmlText, html, moment, page } from '#server/kernel/pages.ts'
import { accountNav } from '../account/account-nav.ts'
import type { ConnectedApp } from '../oauth/oauth-grant.ts'
import { scopeWords } from './scope-words.ts'

/** The apps that act for a person, each with a way to end it. */
export function connectedAppsPage(of: {
  apps: ConnectedApp[]
  next: string | undefined
  isContinued: boolean
  isDone: boolean
}): HtmlText {
  const { apps, next } = of
  const isEmpty = apps.length === 0 && !of.isContinued
  return page({
    title: 'Connected apps',
    nav: accountNav('/account/apps'),
    body: html`${of.isDone && html`<p class="notice" role="status">Disconnected. Within ten seconds its calls are refused everywhere.</p>`}
${isEmpty && pageMark('ended')}
<h1>Connected apps</h1>
${
  isEmpty
    ? html`<p>No app acts for you. When you connect an agent or a program to this workspace, it stands here, and you can
disconnect it.</p>`
    : html`<p>Programs and agents that act for you, newest first. An app stands here once for each time it was allowed.</p>`
}
<ul class="cards">
${apps.map(appCard)}</ul>
${next !== undefined && html`<p><a href="/account/apps?before=${encodeURIComponent(next)}">Older ones</a></p>`}`
  })
}

function appCard(app: ConnectedApp): HtmlText {
  return html`<li>
<h2><bdi>${app.clientName}</bdi></h2>
<dl class="facts">
<dt>Answers go to</dt><dd>${app.redirectHost}</dd>
<dt>May</dt><dd>${app.scopes.map((scope) => scopeWords[scope].title).join(', ')}</dd>
<dt>Connected</dt><dd>${moment(app.created)}</dd>
<dt>Last used</dt><dd>${app.lastUsed ? moment(app.lastUsed) : 'never'}</dd>
</dl>
<form method="post" action="/account/apps/${app.grantId}/disconnect"><button class="secondary" aria-label="Disconnect ${app.clientName}">Disconnect</button></form>
</li>
`
}
