import type { Actor } from './actor.ts'
import type { Tx } from './db.ts'
import { newId } from './ids.ts'
import type { Means } from './means.ts'

/** What is written down, and what each kind says to the administrator who reads it. */
export const auditKinds = {
  'workspace-opened': 'The workspace was opened by its sign-up.',
  'workspace-closed': 'The owner undid the sign-up and closed the workspace.',
  'signed-in': 'Somebody signed in with a password.',
  'signed-out': 'Somebody signed out, here or in all other browsers.',
  'sign-in-failed': 'A wrong password or code was entered for an account.',
  'password-set': 'A password was set with a mailed link.',
  'password-changed': 'Somebody changed their own password.',
  'consent-given': 'Somebody allowed an app to act for them.',
  'consent-refused': 'Somebody refused an app.',
  'app-connected': 'An agent got access with its sign-up.',
  'app-disconnected': 'The access of an app was taken back.',
  'tokens-revoked': 'A token was used twice, and its whole family was revoked.',
  'key-made': 'An API key was made.',
  'key-revoked': 'An API key was revoked.',
  'user-invited': 'Somebody was invited.',
  'user-changed': 'A user was changed.',
  'user-deactivated': 'A user was deactivated.',
  'user-reactivated': 'A user was activated again.',
  'group-changed': 'A group or its members were changed.',
  'access-changed': 'Rights in a part of the workspace were changed.',
  'settings-changed': 'Settings of the workspace were changed.'
} as const

export type AuditKind = keyof typeof auditKinds

/** One deed. Ids and plain words of ours only: never a secret, nor text that a caller chose. */
export type AuditEntry = {
  tenantId: string
  kind: AuditKind
  /** Who did it; none when nobody was signed in. */
  actorUserId?: string | undefined
  /** The OAuth client or API key through which it was done; none for a browser. */
  clientId?: string | undefined
  /** The id of what it was done to. */
  subject?: string | undefined
  /** A few words more, such as which fields were changed. */
  note?: string | undefined
  /** The network address it came from. */
  clientAddress?: string | undefined
}

const mostNoteCharacters = 200

/** Writes down what was done, in the transaction of the deed: neither can exist without the other. */
export async function recordEvent(tx: Tx, means: Pick<Means, 'now'>, entry: AuditEntry): Promise<void> {
  await tx
    .insertInto('audit_events')
    .values({
      tenant_id: entry.tenantId,
      id: newId('event'),
      kind: entry.kind,
      actor_user_id: entry.actorUserId ?? null,
      client_id: entry.clientId ?? null,
      subject: entry.subject ?? null,
      note: entry.note?.slice(0, mostNoteCharacters) ?? null,
      client_address: entry.clientAddress ?? null,
      created: means.now
    })
    .execute()
}

/** Writes down what the actor of a request did, as `recordEvent`. */
export function recordDeed(
  tx: Tx,
  means: Pick<Means, 'now'>,
  { tenantId, userId, client }: Actor,
  deed: { kind: AuditKind; subject: string; note?: string }
): Promise<void> {
  const clientId = client.kind === 'session' ? undefined : client.id
  return recordEvent(tx, means, { tenantId, actorUserId: userId, clientId, ...deed })
}
