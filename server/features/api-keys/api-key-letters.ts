import type { Client } from '#server/kernel/actor.ts'
import { addSeconds } from '#server/kernel/clock.ts'
import type { Letter } from '#server/kernel/letter.ts'
import type { Means } from '#server/kernel/means.ts'
import { cleanAgentName } from '#server/kernel/plain-text.ts'

const noticeSeconds = 3 * 24 * 3600

type MadeKey = {
  tenant_id: string
  name: string
  prefix: string
  scopes: string[]
  expires: Date | null
}

/** The mail to a user for whom a key was made: it may be the only sign that somebody else made it. */
export function keyMadeLetter(means: Means, made: { key: MadeKey; to: string; client: Client }): Letter {
  const { key, to, client } = made
  // Names come from programs; no address in them becomes a link.
  const name = cleanAgentName(key.name)
  const by = client.kind === 'session' ? 'in your browser' : `by the app “${cleanAgentName(client.name)}”`
  const end = key.expires ? `until ${key.expires.toISOString().slice(0, 10)}` : 'without an end'
  return {
    kind: 'api-key',
    to,
    tenantId: key.tenant_id,
    subject: 'An API key was made for your Ekso account',
    expires: addSeconds(means.now, noticeSeconds),
    text: [
      `An API key was made ${by} for your account in an Ekso workspace on ${means.publicUrl.host}. Whoever has it acts in your name, ${end}.`,
      [`Name: ${name}`, `Begins with: ${key.prefix}`, `May do: ${key.scopes.join(', ')}`].join('\n'),
      'Was this not you? Revoke the key in the workspace and change your password.'
    ].join('\n\n')
  }
}
