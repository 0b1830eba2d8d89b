import { pageMark } from '#server/kernel/page-mark.ts'
import { type HtmlText, html, moment, page } from '#server/kernel/pages.ts'
import type { ConfirmView } from './confirmation.ts'

/** What a confirm link shows, by the state of its sign-up. */
export function confirmView(view: ConfirmView | 'replaced', token: string): HtmlText {
  if (view === 'replaced')
    return endedView(
      'A newer mail has taken the place of this one',
      'Only the link in the newest mail about this request counts. Nothing was changed by opening this one.'
    )
  switch (view.status) {
    case 'awaiting_confirmation':
      return view.isDomainFree ? questionView(view, token) : domainTakenView(view, token)
    case 'completed':
      return openedView(view)
    case 'rejected':
      return refusedView(view, token)
    case 'expired':
      return endedView(
        'This request has expired',
        'Nobody confirmed it within 60 minutes, so nothing was opened. Do you still want the workspace? Ask the agent to begin again.'
      )
    case 'cancelled':
      return endedView(
        'This request was taken back',
        'Whoever made it has cancelled it, so nothing was opened. You need not do anything.'
      )
    case 'undone':
      return endedView(
        'This workspace is closed',
        'It was opened from this request, and its owner has undone that since. It cannot be opened again.'
      )
  }
}

export function unknownLinkView(): HtmlText {
  return endedView(
    'This link leads nowhere',
    'Check that the whole address was copied; mail programs break long lines. Links of requests that ended more than a week ago lead here too.'
  )
}

function endedView(title: string, sentence: string): HtmlText {
  return page({
    title,
    body: html`${pageMark('ended')}
<h1>${title}</h1>
<p>${sentence}</p>`
  })
}

function questionView(view: ConfirmView, token: string): HtmlText {
  return page({
    title: 'Open this workspace?',
    body: html`${pageMark('ask')}
<h1>Open this workspace?</h1>
<p>Somebody asked us to open it for you. Nothing is open yet. Check that this is what you want:</p>
<p class="plate"><strong><bdi>${view.company}</bdi></strong><span>${view.workspaceUrl}</span></p>
<dl class="facts">
<dt>Owner</dt><dd><bdi>${view.name}</bdi><br>${view.email}</dd>
<dt>Asked by</dt><dd>${askerOf(view)}</dd>
<dt>From network address</dt><dd>${view.clientAddress}</dd>
<dt>At</dt><dd>${moment(view.asked)}</dd>
<dt>Rights of the asker</dt><dd>${rightsOf(view)}</dd>
</dl>
<form id="approval" method="post" action="/confirm/${token}/approval">
${view.isAccessAsked && accessChoice(view)}
</form>
<div class="actions">
<button form="approval">Open the workspace</button>
${refusalForm(token)}
</div>
<p class="quiet">If you do nothing, nothing is opened. The request ends on ${moment(view.expires)}.</p>`
  })
}

function rightsOf(view: ConfirmView): string {
  return view.isAccessAsked
    ? 'None, unless you tick the box below. You become the owner.'
    : 'None. You become the owner, and nobody else gets access.'
}

// Unticked at first: opening a workspace is one yes, letting an agent in is another (contract §2).
function accessChoice(view: ConfirmView): HtmlText {
  return html`<label class="choice"><input type="checkbox" name="agent" value="allow">
<span>Let “<bdi>${view.agentName}</bdi>” read and change work in this workspace in my name. It gets no users, settings or
money, and I can disconnect it at any time.</span></label>`
}

function askerOf(view: ConfirmView): HtmlText {
  return view.agentName === null
    ? html`An agent or form without a name`
    : html`An agent that calls itself “<bdi>${view.agentName}</bdi>”`
}

function refusalForm(token: string): HtmlText {
  return html`<form method="post" action="/confirm/${token}/refusal"><button class="secondary">This was not me</button></form>`
}

// Says nothing of a code: whether it still lives, and whether the caller can use it for another name, depends.
function domainTakenView(view: ConfirmView, token: string): HtmlText {
  return page({
    title: 'This name has just been taken',
    body: html`${pageMark('amiss')}
<h1>This name has just been taken</h1>
<p>Somebody else has <strong>${view.workspaceUrl}</strong> now. Nothing was opened for you.</p>
<p>Tell the agent that asked which other name you would like. It can go on from there, and asks you for a code from
your mail: this one while it works, or a new one.</p>
<p class="quiet">You did not ask for a workspace at all?</p>
<div class="actions">${refusalForm(token)}</div>`
  })
}

function openedView(view: ConfirmView): HtmlText {
  return page({
    title: 'Your workspace is open',
    body: html`${pageMark('done')}
<h1>Your workspace is open</h1>
<p class="plate"><strong><bdi>${view.company}</bdi></strong><a href="${view.workspaceUrl}">${view.workspaceUrl}</a></p>
<p>You are its owner. The welcome mail to ${view.email} has a link to set your password. Is that link lost or used up?
The workspace’s own page sends you a new one.</p>
${view.isAccessAllowed && html`<p>“<bdi>${view.agentName}</bdi>” may work there in your name until you disconnect it.</p>`}
<p class="quiet">Was this a mistake? The same mail has a link that undoes it all, for 72 hours.</p>`
  })
}

function refusedView(view: ConfirmView, token: string): HtmlText {
  const blocked =
    view.blockedUntil &&
    html`<p class="notice">${view.email} gets no more mails of this kind until ${moment(view.blockedUntil)}.</p>
${mailsForm(token, 'allow', 'Allow them again')}`
  const offer =
    view.canBlockUntil &&
    html`<p>Do you want no more of these mails to ${view.email} until ${moment(view.canBlockUntil)}?</p>
${mailsForm(token, 'block', 'No more of these')}`
  return page({
    title: view.blockedUntil ? 'Refused, and no more of these mails' : 'Refused',
    body: html`${pageMark('ended')}
<h1>Refused</h1>
<p>Nothing was opened. The code and the links in the mail are dead.</p>
${blocked || offer}`
  })
}

function mailsForm(token: string, choice: 'block' | 'allow', label: string): HtmlText {
  return html`<form method="post" action="/confirm/${token}/mails"><input type="hidden" name="choice" value="${choice}">
<button class="secondary">${label}</button></form>`
}
