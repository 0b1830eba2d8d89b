import { type HtmlText, html, page } from '#server/kernel/pages.ts'
import type { ConfirmView } from './confirmation.ts'

/** What a confirm link shows, by the state of its sign-up. */
export function confirmView(view: ConfirmView | 'replaced', token: string): HtmlText {
  if (view === 'replaced') return replacedView()
  switch (view.status) {
    case 'awaiting_confirmation':
      return questionView(view, token)
    case 'completed':
      return openedView(view)
    case 'rejected':
      return refusedView(view, token)
    case 'expired':
      return endedView(
        'This request has expired',
        'Nobody confirmed it within 60 minutes, so nothing was opened.'
      )
    case 'cancelled':
      return endedView(
        'This request was cancelled',
        'Whoever made it has taken it back, so nothing was opened.'
      )
    case 'undone':
      return endedView('This workspace was closed', 'Its owner has undone the sign-up.')
  }
}

export function unknownLinkView(): HtmlText {
  return endedView(
    'This link leads nowhere',
    'Check that the whole address was copied. Links of old requests end here too.'
  )
}

export function domainTakenView(): HtmlText {
  return endedView(
    'This name has just been taken',
    'Somebody else opened a workspace of this name in the meantime. Nothing was opened for you. Tell the agent: it can choose another name and use the code from your mail.'
  )
}

function replacedView(): HtmlText {
  return endedView(
    'A newer mail has taken the place of this one',
    'Use the link or the code in the newest mail.'
  )
}

function endedView(title: string, sentence: string): HtmlText {
  return page({ title, body: html`<h1>${title}</h1><p>${sentence}</p>` })
}

function questionView(view: ConfirmView, token: string): HtmlText {
  const asker = view.agentName
    ? html`The agent “${view.agentName}” (a name it gave itself)`
    : html`An agent or form without a name`
  return page({
    title: 'Open this workspace?',
    body: html`<h1>Open this workspace?</h1>
<dl>
<dt>Workspace</dt><dd>${view.workspaceUrl}</dd>
<dt>Company</dt><dd>${view.company}</dd>
<dt>Owner</dt><dd>${view.name}, ${view.email}</dd>
<dt>Asked by</dt><dd>${asker}</dd>
<dt>From address</dt><dd>${view.clientAddress}</dd>
<dt>At</dt><dd>${timeOf(view.asked)}</dd>
<dt>Rights of the asker</dt><dd>None. You become the owner, and nobody else gets access.</dd>
</dl>
<form method="post" action="/confirm/${token}/approval"><button>Open the workspace</button></form>
<form method="post" action="/confirm/${token}/refusal"><button class="secondary">This was not me</button></form>
<p class="quiet">If you do nothing, nothing is opened; the request ends at ${timeOf(view.expires)}.</p>`
  })
}

function openedView(view: ConfirmView): HtmlText {
  return page({
    title: 'Your workspace is open',
    body: html`<h1>Your workspace is open</h1>
<p>${view.company} is at <a href="${view.workspaceUrl}">${view.workspaceUrl}</a>, and you are its owner.</p>
<p>We have sent a mail to ${view.email} with a link to set your password, and one to undo all this within 72 hours.</p>`
  })
}

function refusedView(view: ConfirmView, token: string): HtmlText {
  const mails = view.isBlocked
    ? html`<p>This address gets no more sign-up mails for 30 days.</p>
<form method="post" action="/confirm/${token}/mails"><input type="hidden" name="choice" value="allow">
<button class="secondary">Allow them again</button></form>`
    : html`<p>Do you want no more of these mails for 30 days?</p>
<form method="post" action="/confirm/${token}/mails"><input type="hidden" name="choice" value="block">
<button class="secondary">No more of these</button></form>`
  return page({
    title: 'Refused',
    body: html`<h1>Refused</h1>
<p>Nothing was opened, and the code in the mail is dead.</p>
${mails}`
  })
}

function timeOf(instant: Date): string {
  return `${instant.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
