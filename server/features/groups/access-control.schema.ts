import Type, { type Static } from 'typebox'
import { Choice, systemMembers } from '#server/kernel/record.schema.ts'

/** What a group may do, in an area or later in a container. The integers are those of the public reference. */
export const roles = {
  View: 500,
  Add: 510,
  Change: 520,
  ChangeOwn: 521,
  Delete: 530,
  DeleteOwn: 531,
  Filter: 540,
  Manage: 550,
  Plan: 560
}
const role = Choice(roles, 'What the groups may do there; `Plan` is for boards alone.')

export const areas = ['Container', 'Board', 'Insights', 'Finance', 'Docs', 'Timesheet'] as const
export type Area = (typeof areas)[number]

const area = Type.Enum([...areas], { description: 'A part of the application.' })
const userGroup = Type.Array(Type.String({ maxLength: 64 }), {
  description: 'Ids of the groups that have the role.',
  maxItems: 100
})

export const AccessControl = Type.Object({
  ...systemMembers,
  accessControlId: Type.String({ description: 'The same as `id`.' }),
  area,
  role: role.answer,
  userGroup,
  isSystem: Type.Boolean({ description: 'It was there from the start.' })
})
export type AccessControl = Static<typeof AccessControl>

const ignored = { accessControlId: Type.Optional(Type.String()), isSystem: Type.Optional(Type.Boolean()) }

export const NewAccessControl = Type.Object(
  { ...ignored, area, role: role.given, userGroup },
  { additionalProperties: false }
)
export type NewAccessControl = Static<typeof NewAccessControl>

const changes = { ...ignored, area: Type.Optional(area), role: Type.Optional(role.given), userGroup }

/** Area and role name the record and cannot be changed; they may be sent as they are. */
export const AccessControlChange = Type.Object(changes, { additionalProperties: false })
export type AccessControlChange = Static<typeof AccessControlChange>

export const AccessControlChangeWithId = Type.Object(
  { ...changes, id: Type.Optional(systemMembers.id) },
  { additionalProperties: false, description: 'Named by `id` or `accessControlId`.' }
)
