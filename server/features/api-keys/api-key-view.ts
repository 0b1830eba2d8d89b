import { type Scope, scopes } from '#server/kernel/actor.ts'
import { formAlert, formField } from '#server/kernel/form-field.ts'
import { pageMark } from '#server/kernel/page-mark.ts'
import { type HtmlText, html, moment, page } from '#server/kernel/pages.ts'
import { accountNav } from '../account/account-nav.ts'
import { scopeWords } from '../connected-apps/scope-words.ts'
import type { ApiKey, MadeApiKey } from './api-key.schema.ts'

/** What was typed into the form for a new key, and why none was made. */
export type KeyDraft = { name: string; scopes: string[]; days: string; faults: string[]; alert: string }

export type KeysView = {
  keys: ApiKey[]
  cursor: string | undefined
  isSuperAdmin: boolean
  /** Whether the password was entered a moment ago, as a key that administers takes. */
  isPasswordFresh: boolean
  isDone: boolean
  draft?: KeyDraft
}

/** How long a new key may live, in days. */
export const keyLives = [
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', 'One year'],
  ['none', 'Without end']
] as const

/** A person's API keys, and the form for another. */
export function apiKeysPage(view: KeysView): HtmlText {
  const { keys, cursor, isDone, draft } = view
  return page({
    title: draft ? 'No key made yet' : 'API keys',
    nav: accountNav('/account/keys'),
    body: html`${isDone && html`<p class="notice" role="status">The key was revoked. It opens nothing any more.</p>`}
<h1>API keys</h1>
<p>A key lets a script of yours act for you, without a browser. For agents and apps that can ask for your consent, you
need none.</p>
${keys.length > 0 && html`<ul class="cards">\n${keys.map(keyCard)}</ul>`}
${cursor !== undefined && html`<p><a href="/account/keys?cursor=${cursor}">Older ones</a></p>`}
<h2>Make a key</h2>
${draft && formAlert(draft.alert)}
${keyForm(view)}`
  })
}

function keyForm({ isSuperAdmin, isPasswordFresh, draft }: KeysView): HtmlText {
  const ticked = draft?.scopes ?? ['work:read', 'work:write']
  const offered = scopes.filter((scope) => scope !== 'admin' || isSuperAdmin)
  return html`<form method="post" action="/account/keys">
${formField({
  name: 'name',
  label: 'What it is for',
  type: 'text',
  autocomplete: 'off',
  value: draft?.name ?? '',
  faults: draft?.faults ?? [],
  isFocused: draft !== undefined
})}
<fieldset>
<legend>What it may do</legend>
${offered.map((scope) => scopeBox(scope, ticked.includes(scope), scope === 'admin' && !isPasswordFresh))}</fieldset>
<div class="field">
<label for="days">How long it works</label>
<select id="days" name="days">
${keyLives.map(
  ([days, label]) =>
    html`<option value="${days}"${days === (draft?.days ?? '90') && html` selected`}>${label}</option>\n`
)}</select>
</div>
<button>Make the key</button>
</form>`
}

function scopeBox(scope: Scope, isTicked: boolean, takesPassword: boolean): HtmlText {
  const { title, sentence } = scopeWords[scope]
  return html`<label class="choice"><input type="checkbox" name="scope" value="${scope}"${
    takesPassword ? html` disabled` : isTicked && html` checked`
  }><span><strong>${title}</strong><br>${sentence}${
    takesPassword &&
    html`<br><em>This takes your password once more.</em>
<a href="/sign-in?again=1&amp;return=%2Faccount%2Fkeys">Enter it</a>`
  }</span></label>
`
}

function keyCard(key: ApiKey): HtmlText {
  return html`<li>
<h3><bdi>${key.name}</bdi></h3>
<dl class="facts">
<dt>Begins with</dt><dd><code>${key.prefix}…</code></dd>
<dt>May</dt><dd>${key.scopes.map((scope) => scopeWords[scope].title).join(', ')}</dd>
<dt>Made</dt><dd>${moment(new Date(key.created))}</dd>
<dt>Works until</dt><dd>${key.expiresAt ? moment(new Date(key.expiresAt)) : 'it is revoked'}</dd>
<dt>Last used</dt><dd>${key.lastUsed ? moment(new Date(key.lastUsed)) : 'never'}</dd>
</dl>
<form method="post" action="/account/keys/${key.id}/revoke"><button class="secondary" aria-label="Revoke ${key.name}">Revoke</button></form>
</li>
`
}

/** Shows a new key, this once. */
export function keyMadePage(key: MadeApiKey): HtmlText {
  return page({
    title: 'Your new key',
    nav: accountNav(),
    body: html`${pageMark('key')}
<h1>Your new key</h1>
<p>Copy it now to where <strong><bdi>${key.name}</bdi></strong> keeps its secrets. It is shown this once; we keep only a
hash of it.</p>
<pre class="secret" tabindex="0"><code>${key.rawKey}</code></pre>
<p>Send it as <code>Authorization: Bearer ${key.prefix}…</code> with each call.</p>
<p><a class="button" href="/account/keys">I have copied it</a></p>`
  })
}
