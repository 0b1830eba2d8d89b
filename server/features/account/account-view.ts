import { accountField, formAlert, formField } from '#server/kernel/form-field.ts'
import { pageMark } from '#server/kernel/page-mark.ts'
import { type HtmlText, html, moment, page } from '#server/kernel/pages.ts'
import type { Session } from '#server/kernel/session-type.ts'
import { type PasswordRules, passwordHint } from '../people/password-rules.ts'
import { accountNav } from './account-nav.ts'

/** Who somebody is here, where they are signed in, and the ways on. */
export function accountPage(
  workspace: string,
  session: Session,
  of: { browsers: number; passwordSet: Date; done?: string | undefined }
): HtmlText {
  const others = of.browsers - 1
  return page({
    title: 'Your account',
    nav: accountNav('/account'),
    body: html`${of.done !== undefined && html`<p class="notice" role="status">${of.done}</p>`}
<h1><bdi>${session.name}</bdi></h1>
<dl class="facts">
<dt>Workspace</dt><dd><bdi>${workspace}</bdi></dd>
<dt>E-mail</dt><dd>${session.email}</dd>
<dt>Role</dt><dd>${session.isSuperAdmin ? 'Super admin' : 'Member'}</dd>
<dt>Password</dt><dd>set on ${moment(of.passwordSet)}<br><a href="/account/password">Change the password</a></dd>
<dt>Signed in</dt><dd>here since ${moment(session.created)}${others > 0 && html`,<br>and in ${others} other ${others === 1 ? 'browser' : 'browsers'}`}</dd>
</dl>
${
  others > 0 &&
  html`<form method="post" action="/account/sessions/end"><button class="secondary">Sign out everywhere else</button></form>`
}`
  })
}

/** What was wrong with a wished change of password. */
export type ChangeFaults = { current: string[]; password: string[]; repeated: string[] }

/** The form for another password. What was typed is not sent back: a password stays out of pages. */
export function changePasswordPage(email: string, rules: PasswordRules, faults?: ChangeFaults): HtmlText {
  const { current = [], password = [], repeated = [] } = faults ?? {}
  const first = current.length > 0 ? 'current' : password.length > 0 ? 'password' : 'repeated'
  return page({
    title: faults ? 'Not changed yet' : 'Change your password',
    nav: accountNav(),
    body: html`${pageMark('key')}
<h1>Change your password</h1>
<p>All other browsers are signed out, and connected apps have to be allowed again.</p>
${faults && formAlert('The password was not changed. See below what to change, and fill in all three fields again.')}
<form method="post">
${accountField(email)}
${formField({
  name: 'current',
  label: 'Current password',
  type: 'password',
  autocomplete: 'current-password',
  faults: current,
  isFocused: faults !== undefined && first === 'current'
})}
${formField({
  name: 'password',
  label: 'New password',
  type: 'password',
  autocomplete: 'new-password',
  hint: passwordHint(rules),
  faults: password,
  isFocused: faults !== undefined && first === 'password'
})}
${formField({
  name: 'repeated',
  label: 'The new one again',
  type: 'password',
  autocomplete: 'new-password',
  faults: repeated,
  isFocused: faults !== undefined && first === 'repeated'
})}
<div class="actions"><button>Change the password</button><a class="button secondary" href="/account">Keep it</a></div>
</form>
<p class="quiet"><a href="/password">Forgotten the current one?</a></p>`
  })
}
