import { pageMark } from '../page-mark.ts'
import { type HtmlText, html, page } from '../pages.ts'
import type { Problem, ProblemCode } from '../problem.ts'

type Words = { title: string; wayOut: string }

// The problem table speaks to programs. These are the ones that a person in a browser comes across.
const forPeople: Partial<Record<ProblemCode, Words>> = {
  ROUTE_NOT_FOUND: {
    title: 'There is no page here',
    wayOut: 'Check the address. If it came by mail, copy it whole; mail programs break long lines.'
  },
  HOST_UNKNOWN: {
    title: 'There is no workspace at this address',
    wayOut: 'Check the first part of the address, before the first dot. It is the name of the workspace.'
  },
  WORKSPACE_CLOSED: {
    title: 'This workspace is closed',
    wayOut: 'Its owner closed it. Links that lead into it no longer work.'
  },
  ORIGIN_REFUSED: {
    title: 'This form did not come from its own page',
    wayOut: 'Nothing was changed. Open the link from the mail again and use the button on that page.'
  },
  MALFORMED_BODY: {
    title: 'This form could not be read',
    wayOut: 'Nothing was changed. Go back, load the page anew and try again.'
  },
  BODY_TOO_LARGE: { title: 'That was too much text', wayOut: 'Nothing was changed. Go back and send less.' },
  RATE_LIMITED: {
    title: 'Too many tries in a short time',
    wayOut: 'Nothing was changed. Wait a little, then go back and try again.'
  },
  SIGNUP_CLOSED: {
    title: 'This install does not take sign-ups',
    wayOut: 'Nothing was opened. Ask whoever runs it for a workspace.'
  },
  STARTUP_DONE: {
    title: 'This install is set up already',
    wayOut: 'The first-run page works once, and it has. Go to the front page by the link above.'
  },
  INTERNAL_ERROR: {
    title: 'Something went wrong on our side',
    wayOut: 'Try again in a moment. If it stays, tell whoever runs this server the line below.'
  },
  DATABASE_UNAVAILABLE: {
    title: 'We cannot get at the data right now',
    // A commit whose answer was lost may have happened.
    wayOut: 'Go back, load the page anew in a moment, and it shows how things stand.'
  },
  SERVER_STOPPING: {
    title: 'The server is restarting',
    wayOut: 'Nothing was changed. Try again in a moment.'
  }
}

/** An error as a page for a person: what happened, whether anything changed, what to do. */
export function problemPage(found: Problem, requestId: string, retryAfterSeconds?: number): HtmlText {
  const words = forPeople[found.code] ?? { title: found.message, wayOut: 'Go back and try it another way.' }
  return page({
    title: words.title,
    body: html`${pageMark('amiss')}
<h1>${words.title}</h1>
<p>${words.wayOut}</p>
${retryAfterSeconds !== undefined && html`<p>It works again ${waitText(retryAfterSeconds)}.</p>`}
<p class="quiet code">${found.row.status} ${found.code}, ${requestId}</p>`
  })
}

/** A wait as people say it, rounded up. */
export function waitText(seconds: number): string {
  if (seconds < 60) return `in ${Math.ceil(seconds)} ${Math.ceil(seconds) === 1 ? 'second' : 'seconds'}`
  const minutes = Math.ceil(seconds / 60)
  return `in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`
}
