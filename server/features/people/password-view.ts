import { accountField, formAlert, formField } from '#server/kernel/form-field.ts'
import { pageMark } from '#server/kernel/page-mark.ts'
import { type HtmlText, html, moment, page } from '#server/kernel/pages.ts'
import type { LinkHolder } from './password-link.ts'

/** What was wrong with the two entries. */
export type PasswordFaults = { password: string[]; repeated: string[] }

/** The form behind a living link. What was typed is not sent back: a password stays out of pages. */
export function passwordForm(workspace: string, holder: LinkHolder, faults?: PasswordFaults): HtmlText {
  const heading = holder.hasPassword ? 'Choose a new password' : 'Set your password'
  const { password = [], repeated = [] } = faults ?? {}
  return page({
    title: faults ? 'Not set yet' : heading,
    body: html`${pageMark('key')}
<h1>${heading}</h1>
<p>For your account in the workspace <strong>${workspace}</strong>.</p>
${faults && formAlert('The password was not set. See below what to change, and type it in both fields again.')}
<form method="post">
${accountField(holder.email)}
${formField({
  name: 'password',
  label: 'New password',
  type: 'password',
  autocomplete: 'new-password',
  hint: '8 to 40 characters, with an upper-case letter, a lower-case letter and a digit.',
  faults: password,
  isFocused: password.length > 0
})}
${formField({
  name: 'repeated',
  label: 'The same again',
  type: 'password',
  autocomplete: 'new-password',
  faults: repeated,
  isFocused: password.length === 0 && repeated.length > 0
})}
<button>Set the password</button>
</form>`
  })
}

export function passwordSetPage(workspace: string, email: string): HtmlText {
  return page({
    title: 'Your password is set',
    body: html`${pageMark('done')}
<h1>Your password is set</h1>
<p>It is the password of ${email} in the workspace <strong>${workspace}</strong>. The link from the mail has done its
work and opens nothing any more.</p>
<p><a class="button" href="/">Go to the workspace</a></p>`
  })
}

/** A link that did its work: says when, so that a second click is reassured and a robbed owner is warned. */
export function usedLinkPage(used: Date): HtmlText {
  return page({
    title: 'This link has been used',
    body: html`${pageMark('done')}
<h1>A password was set with this link</h1>
<p>That was on ${moment(used)}. A link works once, so this one opens nothing any more.</p>
<p>Was that not you? Have a new link sent and choose another password at once.</p>
<p><a class="button secondary" href="/password">Have a new link sent</a></p>`
  })
}

export function deadLinkPage(): HtmlText {
  return page({
    title: 'This link no longer works',
    body: html`${pageMark('ended')}
<h1>This link no longer works</h1>
<p>A newer link was sent, its time has passed, or the address was not copied whole. Nothing was changed just now.</p>
<p><a class="button" href="/password">Have a new link sent</a></p>`
  })
}

/** The form that asks for a link, with what was typed when it was no address. */
export function askForLinkPage(workspace: string, rejected?: string): HtmlText {
  const faults = rejected === undefined ? [] : ['Enter one whole e-mail address, such as jane@example.com.']
  return page({
    title: rejected === undefined ? 'Get a link to set your password' : 'No link sent yet',
    body: html`${pageMark('mail')}
<h1>Get a link to set your password</h1>
<p>We send it to you by mail. It serves for your first password in <strong>${workspace}</strong>, and for a new one
when you have forgotten yours.</p>
<form method="post" action="/password">
${formField({
  name: 'email',
  label: 'Your e-mail address',
  type: 'email',
  autocomplete: 'email',
  value: rejected ?? '',
  faults,
  isFocused: rejected !== undefined
})}
<button>Send me a link</button>
</form>`
  })
}

/** The same for known and unknown addresses (contract §3). */
export function linkSentPage(): HtmlText {
  return page({
    title: 'Look into your mail',
    body: html`${pageMark('mail')}
<h1>Look into your mail</h1>
<p>If this address belongs to somebody in this workspace, a link is on its way. Only the newest link works.</p>
<p class="quiet">Nothing there after a few minutes? Look among spam, then <a href="/password">ask again</a>.</p>`
  })
}
