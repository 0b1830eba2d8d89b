import { type HtmlText, html } from '#server/kernel/pages.ts'

const places = [
  { path: '/account', label: 'Account' },
  { path: '/account/apps', label: 'Connected apps' },
  { path: '/account/keys', label: 'API keys' }
] as const

export type AccountPlace = (typeof places)[number]['path']

/** The ways through a person's own pages, and out. `here` is the page they stand on. */
export function accountNav(here?: AccountPlace): HtmlText {
  return html`<nav aria-label="Your account"><ul>
${places.map(
  ({ path, label }) =>
    html`<li><a href="${path}"${path === here && html` aria-current="page"`}>${label}</a></li>\n`
)}</ul>
<form method="post" action="/sign-out"><button>Sign out</button></form></nav>`
}
