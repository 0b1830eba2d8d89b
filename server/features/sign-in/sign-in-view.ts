import { formAlert, formField } from '#server/kernel/form-field.ts'
import { pageMark } from '#server/kernel/page-mark.ts'
import { type HtmlText, html, page } from '#server/kernel/pages.ts'

/** What the sign-in form shows: where it leads, and what was typed and refused. */
export type SignInView = {
  workspace: string
  returnPath: string
  email?: string
  fault?: string
  /** Somebody is signed in already and is asked for the password once more. */
  isAgain?: boolean
}

export function signInPage(view: SignInView): HtmlText {
  const heading = view.isAgain ? 'Enter your password again' : 'Sign in'
  return page({
    title: view.fault ? 'Not signed in' : heading,
    body: html`${pageMark('key')}
<h1>${heading}</h1>
<p>${view.isAgain && 'What comes next takes a password that was entered a moment ago. '}This is the workspace
<strong><bdi>${view.workspace}</bdi></strong>.</p>
${view.fault && formAlert(view.fault)}
<form method="post" action="/sign-in">
<input type="hidden" name="return" value="${view.returnPath}">
${view.isAgain && html`<input type="hidden" name="again" value="1">`}
${formField({
  name: 'email',
  label: 'E-mail address',
  type: 'email',
  autocomplete: 'username',
  value: view.email ?? '',
  isFocused: view.email === undefined
})}
${formField({
  name: 'password',
  label: 'Password',
  type: 'password',
  autocomplete: 'current-password',
  isFocused: view.email !== undefined
})}
<button>Sign in</button>
</form>
<p class="quiet"><a href="/password">Forgotten the password, or none set yet?</a></p>`
  })
}

/** Asks for the mailed code. It does not say to which address: the reader knows it. */
export function codePage(fault?: string): HtmlText {
  return page({
    title: fault ? 'Not signed in yet' : 'Enter the code from your mail',
    body: html`${pageMark('mail')}
<h1>Enter the code from your mail</h1>
<p>The password was right. We have sent a code to your e-mail address; it works for 10 minutes, in this browser.</p>
${fault && formAlert(fault)}
<form method="post" action="/sign-in/code">
${formField({
  name: 'code',
  label: 'Code',
  type: 'text',
  autocomplete: 'one-time-code',
  isNumeric: true,
  isFocused: true
})}
<button>Sign in</button>
</form>
<p class="quiet">Nothing there after a minute? Look among spam, then <a href="/sign-in">sign in again</a> for a new code.</p>`
  })
}

export function signedOutPage(workspace: string): HtmlText {
  return page({
    title: 'Signed out',
    body: html`${pageMark('done')}
<h1>You are signed out</h1>
<p>Nobody is signed in to <strong><bdi>${workspace}</bdi></strong> in this browser any more. Connected apps keep their access.</p>
<p><a class="button secondary" href="/sign-in">Sign in again</a></p>`
  })
}
