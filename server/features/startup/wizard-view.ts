import { formAlert, formField } from '#server/kernel/form-field.ts'
import { pageMark } from '#server/kernel/page-mark.ts'
import { type HtmlText, html, page } from '#server/kernel/pages.ts'
import type { Claim, ClaimAnswer } from './startup.schema.ts'
import type { FormFault } from './wizard-fault.ts'

/** Whether the setup token is asked for: never, for another address than localhost, always, or cannot be had. */
export type TokenNeed = 'none' | 'off-localhost' | 'due' | 'unset'

/** What the form must know of the install. `isFixed`: a setting says what the public URL is. */
export type WizardFacts = { publicUrl: string; isFixed: boolean; token: TokenNeed }

type Fields = FormFault['field']

/** The form, with what was typed and what is wrong with it. Passwords and tokens stay out of pages. */
export function wizardPage(facts: WizardFacts, typed?: Partial<Claim>, faults: FormFault[] = []): HtmlText {
  const isFaulty = faults.length > 0
  const field = fieldMaker(faults)
  return page({
    title: isFaulty ? 'Not set up yet' : 'Set up Ekso',
    body: html`${pageMark('place')}
<h1>Set up this install</h1>
<p>This page makes the first workspace and you its owner. It works once.</p>
${isFaulty && formAlert('Nothing was set up. See below what to change, and type the password again.')}
<form method="post" action="/startup">
<fieldset>
<legend>You</legend>
${field({ name: 'name', label: 'Your name', type: 'text', autocomplete: 'name', value: typed?.name ?? '' })}
${field({ name: 'email', label: 'Your e-mail address', type: 'email', autocomplete: 'username', value: typed?.email ?? '', hint: 'You sign in with it.' })}
${field({ name: 'password', label: 'Password', type: 'password', autocomplete: 'new-password', hint: '8 to 40 characters, with an upper-case letter, a lower-case letter and a digit.' })}
${field({ name: 'repeated', label: 'The same again', type: 'password', autocomplete: 'new-password' })}
</fieldset>
<fieldset>
<legend>Your workspace</legend>
${field({ name: 'organization', label: 'Organization', type: 'text', autocomplete: 'organization', value: typed?.organization ?? '', hint: 'Your company or team. The workspace gets this name.' })}
${urlField(facts, field, typed?.publicUrl)}
${tokenField(facts, field)}
</fieldset>
<button>Set up Ekso</button>
</form>`
  })
}

type MakeField = (field: Omit<Parameters<typeof formField>[0], 'name'> & { name: Fields }) => HtmlText

// The first field with a fault takes the focus, or else the first of all.
function fieldMaker(faults: FormFault[]): MakeField {
  const order: Fields[] = ['name', 'email', 'password', 'repeated', 'organization', 'publicUrl', 'setupToken']
  const first = order.find((name) => faults.some((fault) => fault.field === name)) ?? 'name'
  return (field) => {
    const own = faults.filter((fault) => fault.field === field.name).map(({ message }) => message)
    return formField({ ...field, faults: own, isFocused: field.name === first })
  }
}

function urlField(facts: WizardFacts, field: MakeField, typed: string | undefined): HtmlText {
  const hint = facts.isFixed
    ? 'The setting EKSO_PUBLIC_URL says so.'
    : 'Where people and agents reach this install: links and sign-in hang on it. Keep localhost to try it out on this machine.'
  return field({
    name: 'publicUrl',
    label: 'Public URL',
    type: 'url',
    autocomplete: 'url',
    value: facts.isFixed ? facts.publicUrl : (typed ?? facts.publicUrl),
    hint,
    isReadOnly: facts.isFixed
  })
}

function tokenField({ token }: WizardFacts, field: MakeField): HtmlText | false {
  if (token === 'none' || token === 'unset') return false
  const where = token === 'due' ? '' : ' Needed only for a public URL other than localhost.'
  return field({
    name: 'setupToken',
    label: 'Setup token',
    type: 'password',
    autocomplete: 'off',
    hint: `The value of EKSO_SETUP_TOKEN, from whoever started this server.${where}`,
    isOptional: token !== 'due'
  })
}

export function readyPage(
  answer: ClaimAnswer,
  claim: { email: string; organization: string; isMailWaiting: boolean }
): HtmlText {
  return page({
    title: 'Ekso is set up',
    body: html`${pageMark('done')}
<h1>Ekso is set up</h1>
<p>You are the owner of this workspace. This page will not open again.</p>
<dl class="facts">
<dt>Workspace</dt><dd>${claim.organization.trim()}</dd>
<dt>Account</dt><dd>${claim.email.trim()}</dd>
<dt>Public URL</dt><dd>${answer.publicUrl}</dd>
</dl>
${
  claim.isMailWaiting &&
  html`<p class="notice"><strong>No mail goes out yet.</strong> Set <code>SMTP_URL</code> and start the server again;
what is written until then waits.</p>`
}
<p><a class="button" href="${answer.loginUrl}/">Go to the workspace</a></p>`
  })
}

/** Opened under another name than the public URL's, from where forms are not taken. */
export function elsewherePage(publicUrl: URL): HtmlText {
  const address = `${publicUrl.origin}/startup`
  return page({
    title: 'Set up Ekso',
    body: html`${pageMark('place')}
<h1>Set up this install at its own address</h1>
<p>Forms are taken only at the public URL, so that no other site can send one.</p>
<p><a class="button" href="${address}">Go to ${address}</a></p>
<p class="quiet">Does that address not lead here? Set <code>EKSO_PUBLIC_URL</code> to the one at which you reach this
server and start it again, or claim it with one call: <a href="/docs">POST /api/startup</a>.</p>`
  })
}

export function tokenUnsetPage(): HtmlText {
  return page({
    title: 'A setup token is needed',
    body: html`${pageMark('key')}
<h1>A setup token is needed first</h1>
<p>This server can be reached from other machines, so only somebody who can change its settings may set it up. Nothing
was changed.</p>
<p>Set <code>EKSO_SETUP_TOKEN</code> to a long random text and start the server again:</p>
<pre tabindex="0"><code>export EKSO_SETUP_TOKEN=$(openssl rand -hex 24)
echo "$EKSO_SETUP_TOKEN"</code></pre>
<p>Then open this page once more and enter that text.</p>`
  })
}
