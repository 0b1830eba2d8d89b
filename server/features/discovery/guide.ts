import { readFileSync } from 'node:fs'
import { workspaceUrl } from '#server/kernel/hosts.ts'
import { copyWaitSeconds, keptSeconds } from '#server/kernel/kept-answer.ts'
import type { Means } from '#server/kernel/means.ts'
import { problem, problemBody } from '#server/kernel/problem.ts'
import { durationText } from './duration.ts'
import { problemSections } from './error-guide.ts'
import { exampleWish } from './onboarding-example.ts'
import { onboardingValues } from './onboarding-guide.ts'

export type GuideName = 'guides' | 'agent-onboarding' | 'api' | 'errors'

/** What the guides tell of the HTTP layer, which rules do not see. */
export type HttpFacts = { versions: string; bodyBytes: number; hostsPerAddress: number }

/** A guide that says something useful about this install. `note` is one sentence. */
export type GuideNote = { path: string; title: string; note: string }

/** The guides that apply to this install, what matters most first. Each also answers at its path with `.md`. */
export function listGuides(means: Pick<Means, 'takesSignups'>): GuideNote[] {
  const onboarding = {
    path: '/guide/agent-onboarding',
    title: 'Open a workspace for a person',
    note: 'how an agent signs a person up, in two calls that the person confirms by e-mail'
  }
  const api = {
    path: '/guide/api',
    title: 'Using the API',
    note: 'versions, limits, errors, writes that can be repeated'
  }
  const errors = { path: '/guide/errors', title: 'Errors', note: 'every error code and the way out of it' }
  return means.takesSignups ? [onboarding, api, errors] : [api, errors]
}

/** A guide as Markdown, filled in for this install. */
export function guideText(name: GuideName, means: Means, http: HttpFacts): string {
  if (name === 'agent-onboarding' && !means.takesSignups) return fill('agent-onboarding-closed', means, {})
  return fill(name, means, valuesOf[name](means, http))
}

const valuesOf: Record<GuideName, (means: Means, http: HttpFacts) => Record<string, string>> = {
  guides: (means) => ({ guides: guideList(means) }),
  'agent-onboarding': onboardingValues,
  api: apiValues,
  errors: () => ({ problems: problemSections() })
}

function guideList(means: Means): string {
  return listGuides(means)
    .map(({ path, title, note }) => `- [${title}](${means.publicUrl.origin}${path}): ${note}`)
    .join('\n')
}

function apiValues({ settings }: Means, http: HttpFacts): Record<string, string> {
  const { requestsPerSecond } = settings
  const found = problem('VALIDATION_FAILED', { fields: [{ field: 'email', code: 'required' }] })
  return {
    bodyKibibytes: String(http.bodyBytes / 1024),
    versions: http.versions,
    errorAnswer: JSON.stringify(problemBody(found, 'req_01k0example00000000000000'), null, 2),
    requestLimit: requestsPerSecond
      ? `${requestsPerSecond} requests a second for one client address (IPv6 by /64) on one host, ${requestsPerSecond * http.hostsPerAddress} over all hosts of the install.`
      : 'This install has no general limit on requests.',
    keptLife: durationText(keptSeconds),
    copyWait: durationText(copyWaitSeconds)
  }
}

// The sources are written for an install at this address.
const exampleOrigin = 'https://ekso.example'
const exampleWorkspace = 'https://acme.ekso.example'

const sources = Object.fromEntries(
  ['guides', 'agent-onboarding', 'agent-onboarding-closed', 'api', 'errors'].map((name) => [
    name,
    readFileSync(new URL(`./${name}.md`, import.meta.url), 'utf8')
  ])
)

// The formatter pads the tables of the sources; a reader pays for each character.
function compactRow(row: string): string {
  return row.replace(/ {2,}/g, ' ').replace(/-{3,}/g, '---')
}

// The addresses go first: what fills the blanks has the install's own, which may begin like the example's.
function fill(source: string, { publicUrl }: Means, values: Record<string, string>): string {
  return (sources[source] ?? '')
    .replace(/^\|.*$/gm, compactRow)
    .replaceAll(exampleWorkspace, workspaceUrl(publicUrl, exampleWish.domain))
    .replaceAll(exampleOrigin, publicUrl.origin)
    .replace(/\{\{(\w+)\}\}/g, (_blank, name: string) => {
      const value = values[name]
      if (value === undefined) throw new Error(`${source}.md has a blank that nothing fills: ${name}`)
      return value
    })
}
