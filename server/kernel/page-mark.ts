import { type HtmlText, raw } from './pages.ts'

/** What a page is about, at a glance: a question, something done, ended, amiss, mail, a password, a place. */
export type PageMark = 'ask' | 'done' | 'ended' | 'amiss' | 'mail' | 'key' | 'place'

// Strokes in a field of 24 by 24.
const strokes: Record<PageMark, string> = {
  ask: '<path d="M9.2 9.2a2.9 2.9 0 1 1 4.3 2.6c-1 .5-1.5 1.2-1.5 2.4"/><path d="M12 17.4v.1"/>',
  done: '<path d="m6.5 12.5 3.7 3.7 7.3-8"/>',
  ended: '<path d="M7 12h10"/>',
  amiss: '<path d="M12 7v6.2"/><path d="M12 16.9v.1"/>',
  mail: '<rect x="5" y="7" width="14" height="10.5" rx="2"/><path d="m5.6 8.6 6.4 4.8 6.4-4.8"/>',
  key: '<circle cx="9" cy="14.8" r="3"/><path d="m11.2 12.6 5.6-5.6m-2.6 2.6 2 2"/>',
  place: '<path d="M6 18.5V8.2L12 5l6 3.2v10.3M9.5 18.5v-4.2h5v4.2"/>'
}

/** The sign above a page's heading. It says nothing that the heading does not, so screen readers pass over it. */
export function pageMark(mark: PageMark): HtmlText {
  return raw(
    `<span class="mark ${mark}" aria-hidden="true"><svg viewBox="0 0 24 24" width="24" height="24" focusable="false">${strokes[mark]}</svg></span>`
  )
}
