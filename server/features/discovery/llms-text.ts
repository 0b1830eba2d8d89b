import type { Means } from '#server/kernel/means.ts'
import { onboardingPath } from '../onboarding/next-actions.ts'
import { listGuides } from './guide.ts'
import { catalogPath, openApiPath, readinessPath, referencePath } from './service-link.ts'

/** `/llms.txt` as llmstxt.org describes it: heading, summary, lists of links with notes; the last list may be skipped. */
export function llmsText(means: Pick<Means, 'publicUrl' | 'takesSignups'>): string {
  const link = (title: string, path: string, note: string) =>
    `- [${title}](${new URL(path, means.publicUrl).href}): ${note}`
  const guides = listGuides(means).map(({ path, title, note }) => link(title, `${path}.md`, note))
  const start = means.takesSignups
    ? [link('Begin', onboardingPath, 'JSON with the first calls of a sign-up, ready to send')]
    : []
  const card = means.takesSignups
    ? [link('Agent card', '/.well-known/agent-card.json', 'the sign-up as an A2A skill')]
    : []
  const blocks = [
    `# Ekso at ${means.publicUrl.host}`,
    `> Ekso is a work-management server that people and their AI agents share. ${signupSentence(means)}`,
    'The API speaks JSON. Every error has a stable `code`.',
    '## Guides',
    [...guides, ...start].join('\n'),
    '## API',
    [
      link('OpenAPI description', openApiPath, 'every operation, OpenAPI 3.1'),
      link(
        'OAuth metadata',
        '/.well-known/oauth-authorization-server',
        'how a client gets access; each workspace has its own'
      ),
      link('API reference', referencePath, 'the same as a page for people')
    ].join('\n'),
    '## Optional',
    [
      ...card,
      link('API catalog', catalogPath, 'RFC 9727 linkset'),
      link('Readiness', readinessPath, 'whether the server can do its work now')
    ].join('\n')
  ]
  return `${blocks.join('\n\n')}\n`
}

function signupSentence({ takesSignups }: Pick<Means, 'takesSignups'>): string {
  return takesSignups
    ? 'Sign-up is open: an agent can open a workspace for a person, who confirms it by e-mail.'
    : 'Sign-up is closed on this install: ask its operator for a workspace.'
}
