import Type, { type Static } from 'typebox'
import { Choice, systemMembers } from '#server/kernel/record.schema.ts'

export const groupTypes = { Custom: 1, Everyone: 2, Administrators: 3 }
const type = Choice(groupTypes, 'Everyone and Administrators are there from the start, one of each.')

const mostMembers = 1000

const members = {
  name: Type.String({ minLength: 1, maxLength: 120, examples: ['Design'] }),
  description: Type.String({ maxLength: 1000 }),
  member: Type.Array(Type.String({ maxLength: 64 }), {
    description: 'Ids of users. Of Everyone it is empty: each user of the workspace is in it.',
    maxItems: mostMembers
  })
}

export const Group = Type.Object({ ...systemMembers, ...members, type: type.answer })
export type Group = Static<typeof Group>

const changes = Type.Partial(Type.Object({ ...members, type: type.given })).properties

export const NewGroup = Type.Object({ ...changes, name: members.name }, { additionalProperties: false })
export type NewGroup = Static<typeof NewGroup>

/** What is left out stays as it is. */
export const GroupChange = Type.Object(changes, { additionalProperties: false })
export type GroupChange = Static<typeof GroupChange>

export const GroupChangeWithId = Type.Object(
  { ...changes, id: systemMembers.id },
  { additionalProperties: false }
)
