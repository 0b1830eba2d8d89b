import { formAlert, formField } from '#server/kernel/form-field.ts'
import { pageMark } from '#server/kernel/page-mark.ts'
import { type HtmlText, html, page } from '#server/kernel/pages.ts'
import type { Fault, SignupWish } from '../onboarding/signup.schema.ts'

const nothing: SignupWish = { name: '', email: '', company: '', domain: '' }

/** The form, with what was typed, what is wrong with it, and names that are free. */
export function signUpFormPage(
  publicUrl: URL,
  typed: SignupWish = nothing,
  faults: Fault[] = [],
  suggestions: string[] = []
): HtmlText {
  const isFaulty = faults.length > 0
  const first = faults[0]?.field ?? 'name'
  const field = (one: Parameters<typeof formField>[0] & { name: keyof SignupWish }) =>
    formField({
      ...one,
      value: typed[one.name],
      faults: faults.filter((fault) => fault.field === one.name).map(({ message }) => message),
      isFocused: one.name === first
    })
  const free = suggestions.length > 0 && ` Free now: ${suggestions.join(', ')}.`
  return page({
    title: isFaulty ? 'Nothing was sent yet' : 'Open a workspace',
    body: html`${pageMark('place')}
<h1>Open a workspace</h1>
<p>You become its owner. Nothing is opened before you have confirmed it by mail.</p>
${isFaulty && formAlert('Nothing was sent yet. See below what to change.')}
<form method="post" action="/signup">
${field({ name: 'name', label: 'Your name', type: 'text', autocomplete: 'name' })}
${field({ name: 'email', label: 'Your e-mail address', type: 'email', autocomplete: 'email' })}
${field({ name: 'company', label: 'Company or team', type: 'text', autocomplete: 'organization' })}
${field({ name: 'domain', label: 'Address of the workspace', type: 'text', autocomplete: 'off', hint: `The part in front of .${publicUrl.host}: 3 to 20 lower-case letters, digits and hyphens.${free || ''}` })}
<button>Send me the mail</button>
</form>
<p class="quiet">An AI agent can do this for you: <a href="/guide/agent-onboarding">how agents sign people up</a>.</p>`
  })
}

export function lookIntoMailPage(wish: SignupWish): HtmlText {
  return page({
    title: 'Look into your mail',
    body: html`${pageMark('mail')}
<h1>Look into your mail</h1>
<p>A mail is on its way to ${wish.email}. The link in it shows what you asked for and opens the workspace
<strong><bdi>${wish.company}</bdi></strong>. It works for 60 minutes.</p>
<p class="quiet">The code in the mail is for agents; you do not need it here. Nothing there after a few minutes? Look among spam,
then <a href="/signup">ask again</a>.</p>`
  })
}

export function waitPage(seconds: number): HtmlText {
  const minutes = Math.ceil(seconds / 60)
  return page({
    title: 'Wait a little',
    body: html`${pageMark('amiss')}
<h1>Wait a little</h1>
<p>Mail was sent to this address a moment ago, or there were many requests from your network. Look into your mail, or try again in
${minutes === 1 ? 'a minute' : `${minutes} minutes`}.</p>
<p><a href="/signup">Back to the form</a></p>`
  })
}
