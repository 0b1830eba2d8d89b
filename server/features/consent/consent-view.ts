import { formAlert } from '#server/kernel/form-field.ts'
import { pageMark } from '#server/kernel/page-mark.ts'
import { type HtmlText, html, page } from '#server/kernel/pages.ts'
import type { Session } from '#server/kernel/session-type.ts'
import { scopeWords } from '../connected-apps/scope-words.ts'
import type { Interaction } from '../oauth/oauth-interaction.ts'
import type { AskedScope } from './consent.ts'

/** What the consent page shows. */
export type ConsentView = {
  /** The page's own path. */
  path: string
  workspace: string
  session: Session
  about: Interaction
  asked: AskedScope[]
  /** What the user ticked before the page was shown again, with the reason. */
  again?: { ticked: string[]; fault: string } | undefined
}

/** Asks whether an app may act for the user, and what it may do. */
export function consentPage(view: ConsentView): HtmlText {
  const { path, workspace, session, about, asked, again } = view
  return page({
    title: again ? 'Not allowed yet' : `Allow ${about.clientName}?`,
    body: html`${pageMark('ask')}
<h1>Allow <bdi>${about.clientName}</bdi> to act for you?</h1>
${again && formAlert(again.fault)}
<dl class="facts">
<dt>App</dt><dd><bdi>${about.clientName}</bdi><br>${nameProof(about)}</dd>
<dt>Sends the answer to</dt><dd><strong>${about.redirectHost}</strong></dd>
<dt>Workspace</dt><dd><bdi>${workspace}</bdi></dd>
<dt>You</dt><dd><bdi>${session.name}</bdi><br>${session.email}<br><a href="/sign-in?other=1&amp;return=${encodeURIComponent(path)}">Sign in as somebody else</a></dd>
</dl>
${placeWarning(about)}
<form method="post" action="${path}">
<input type="hidden" name="user" value="${session.userId}">
<fieldset>
<legend>What it may do ${about.resource === 'mcp' ? 'as an agent (MCP)' : 'through the API'}</legend>
<p class="hint">Never more than you may do yourself. Untick what it does not need.</p>
${asked.map((one) => scopeChoice(one, path, again?.ticked))}
</fieldset>
<div class="actions"><button name="decision" value="allow">Allow</button><button class="secondary" name="decision" value="deny">Deny</button></div>
</form>
<p class="quiet">You can take this back at any time under <a href="/account/apps">connected apps</a>.</p>`
  })
}

function nameProof(about: Interaction): HtmlText {
  return about.verifiedHost === undefined
    ? html`<span class="caution">Name not verified.</span> The app chose it; anybody can choose any name.`
    : html`Named by <strong>${about.verifiedHost}</strong>`
}

function placeWarning(about: Interaction): HtmlText | undefined {
  if (about.isLoopback)
    return html`<p class="notice caution">The answer goes to a program on the computer that you sit at. Allow it only if you
have just started that program yourself, and trust it.</p>`
  if (about.redirectHost.endsWith(':'))
    return html`<p class="notice caution">The answer goes to the app on your device that opens <strong>${about.redirectHost}</strong>
links. Allow it only if you have just started that app yourself, and trust it.</p>`
  return undefined
}

function scopeChoice(one: AskedScope, path: string, ticked: string[] | undefined): HtmlText {
  const { scope, hindrance } = one
  const words = scopeWords[scope]
  const isTicked = hindrance === undefined && (ticked ? ticked.includes(scope) : one.startsTicked)
  return html`<label class="choice"><input type="checkbox" name="scope" value="${scope}"${isTicked && html` checked`}${
    hindrance && html` disabled`
  }><span><strong>${words.title}</strong><br>${words.sentence}${hindrance && hindranceText(hindrance, path)}</span></label>`
}

function hindranceText(hindrance: NonNullable<AskedScope['hindrance']>, path: string): HtmlText {
  if (hindrance === 'super-admin') return html`<br><em>Only a super admin can allow this.</em>`
  return html`<br><em>This takes your password once more.</em>
<a href="/sign-in?again=1&amp;return=${encodeURIComponent(path)}">Enter it</a>`
}

/** A request that cannot be answered here: over, or begun in another browser. */
export function endedRequestPage(): HtmlText {
  return page({
    title: 'This request has ended',
    body: html`${pageMark('ended')}
<h1>This request has ended</h1>
<p>It was answered already, its ten minutes have passed, or it was begun in another browser. Nothing was allowed by
opening this page.</p>
<p>Go back to the app and connect once more.</p>`
  })
}
