import { type HtmlText, html } from './pages.ts'

/** One text field of a form with its label. */
export type FormField = {
  name: string
  label: string
  type: 'text' | 'email' | 'password' | 'url'
  autocomplete: string
  /** Shows the keyboard of digits on a phone. */
  isNumeric?: boolean
  value?: string
  hint?: string
  /** What is wrong with what was sent; the field is then marked, described by it, and takes the focus if it is first. */
  faults?: string[]
  isFocused?: boolean
  isReadOnly?: boolean
  isOptional?: boolean
}

/** A labelled field. It has no `maxlength`, which would cut a pasted password off in silence. */
export function formField(field: FormField): HtmlText {
  const { name, faults = [] } = field
  const isFaulty = faults.length > 0
  const described = [field.hint && `${name}-hint`, isFaulty && `${name}-faults`].filter(Boolean).join(' ')
  return html`<div class="field">
<label for="${name}">${field.label}</label>
${field.hint && html`<p class="hint" id="${name}-hint">${field.hint}</p>`}
${isFaulty && html`<ul class="faults" id="${name}-faults">${faults.map((fault) => html`<li>${fault}</li>`)}</ul>`}
<input id="${name}" name="${name}" type="${field.type}" autocomplete="${field.autocomplete}" value="${field.value}"${!field.isOptional && html` required`}${field.isReadOnly && html` readonly`}${
    described !== '' && html` aria-describedby="${described}"`
  }${field.isNumeric && html` inputmode="numeric"`}${isFaulty && html` aria-invalid="true"`}${field.isFocused && html` autofocus`}>
</div>`
}

/** Whose password a form is about: shown, and what a password manager files the password under. */
export function accountField(email: string): HtmlText {
  return html`<div class="field">
<label for="account">Account</label>
<input id="account" name="account" type="email" autocomplete="username" value="${email}" readonly>
</div>`
}

/** What went wrong with a form as a whole, said at once by screen readers. */
export function formAlert(sentence: string): HtmlText {
  return html`<p class="notice alarm" role="alert">${sentence}</p>`
}
