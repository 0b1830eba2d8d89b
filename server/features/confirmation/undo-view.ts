import { accountField, formAlert, formField } from '#server/kernel/form-field.ts'
import { pageMark } from '#server/kernel/page-mark.ts'
import { type HtmlText, html, moment, page } from '#server/kernel/pages.ts'
import type { UndoView } from './undo.ts'

/** Asks before closing a workspace, for the password too once one is set. `fault` says why it is still open. */
export function undoQuestion(view: UndoView, fault?: string): HtmlText {
  const needsPassword = view.owner.passwordHash !== null
  return page({
    title: fault ? 'Not closed' : 'Close this workspace?',
    body: html`${pageMark('ask')}
<h1>Close this workspace?</h1>
<p class="plate"><strong><bdi>${view.company}</bdi></strong><span>${view.domain}</span></p>
<p>This undoes the sign-up of ${view.email}. The workspace closes at once for everybody, and what it holds is erased
after 7 days. It cannot be opened again.</p>
${fault && formAlert(fault)}
<form method="post">
${needsPassword && accountField(view.email)}
${
  needsPassword &&
  formField({
    name: 'password',
    label: 'Your password',
    type: 'password',
    autocomplete: 'current-password',
    isFocused: fault !== undefined
  })
}
<div class="actions"><button class="danger">Close the workspace</button><a class="button secondary" href="/">Keep it</a></div>
</form>
${needsPassword && html`<p class="quiet"><a href="/password">Forgotten the password?</a></p>`}
<p class="quiet">It can be undone until ${moment(view.until)}.</p>`
  })
}

export function undonePage(view: UndoView): HtmlText {
  return page({
    title: 'The workspace is closed',
    body: html`${pageMark('done')}
<h1>The workspace is closed</h1>
<p><bdi>${view.company}</bdi> (${view.domain}) is closed for everybody and will be erased in 7 days. All mailed links
into it are dead.</p>
<p class="quiet">The name ${view.domain} rests: for 180 days nobody but ${view.email} can take it.</p>`
  })
}

export function deadUndoPage(): HtmlText {
  return page({
    title: 'This link no longer works',
    body: html`${pageMark('ended')}
<h1>This link no longer works</h1>
<p>A sign-up can be undone once, within 72 hours after it was confirmed. Nothing was changed just now.</p>`
  })
}
