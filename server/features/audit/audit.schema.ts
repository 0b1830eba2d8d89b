import Type, { type Static } from 'typebox'
import { ListQuery, systemMembers } from '#server/kernel/record.schema.ts'

const OrNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description })

/** One deed of the audit log. */
export const AuditEvent = Type.Object({
  ...systemMembers,
  kind: Type.String({ description: 'What was done.', examples: ['signed-in'] }),
  text: Type.String({ description: 'The same in a sentence.' }),
  actorUserId: OrNull('Who did it; `null` when nobody was signed in.'),
  clientId: OrNull('The OAuth client or API key through which it was done; `null` for a browser.'),
  subject: OrNull('The id of what it was done to.'),
  note: OrNull('A few words more.'),
  clientAddress: OrNull('The network address it came from.')
})
export type AuditEvent = Static<typeof AuditEvent>

export const AuditQuery = Type.Object({
  ...ListQuery.properties,
  kind: Type.Optional(Type.String({ maxLength: 60, description: 'Only events of this kind.' }))
})
export type AuditQuery = Static<typeof AuditQuery>
