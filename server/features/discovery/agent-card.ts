import type { Means } from '#server/kernel/means.ts'
import { onboardingPath } from '../onboarding/next-actions.ts'

/**
 * The A2A 1.0 agent card. Undefined where sign-up is closed: its one skill would be a lie, and a card without skills is
 * not valid. It is unsigned, and lists the REST onboarding under a binding of our own until there is an A2A endpoint.
 */
export function agentCard({ publicUrl, takesSignups }: Pick<Means, 'publicUrl' | 'takesSignups'>) {
  if (!takesSignups) return undefined
  const at = (path: string) => new URL(path, publicUrl).href
  const guide = at('/guide/agent-onboarding')
  return {
    name: 'Ekso onboarding',
    description:
      'Opens an Ekso workspace for a person, who confirms it by e-mail. Speaks plain JSON over HTTP as the guide describes; the protocol binding is that guide.',
    version: '1.0.0',
    documentationUrl: guide,
    supportedInterfaces: [{ url: at(onboardingPath), protocolBinding: guide, protocolVersion: '1.0' }],
    capabilities: { streaming: false, pushNotifications: false, extendedAgentCard: false },
    defaultInputModes: ['application/json'],
    defaultOutputModes: ['application/json'],
    skills: [
      {
        id: 'create-workspace',
        name: 'Create a workspace',
        description:
          'Takes name, e-mail, company and domain, mails a 6-digit code to the person, and opens the workspace when the code comes back or the person confirms on the page that the mail links to.',
        tags: ['onboarding', 'sign-up', 'workspace'],
        examples: ['Open an Ekso workspace named acme for Jane Smith of Acme Corp, jane@example.com'],
        inputModes: ['application/json'],
        outputModes: ['application/json']
      }
    ]
  }
}
