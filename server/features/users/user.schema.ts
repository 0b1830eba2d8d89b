import Type, { type Static } from 'typebox'
import { Instant, systemMembers } from '#server/kernel/record.schema.ts'

const text = (description: string, maxLength: number, examples: string[]) =>
  Type.String({ description, maxLength, examples })

const name = Type.String({ minLength: 1, maxLength: 120, examples: ['Jane Smith'] })
const email = Type.String({
  description: 'Where notifications go; each address has one user in a workspace.',
  minLength: 1,
  maxLength: 254,
  examples: ['jane@example.com']
})
const lockedText = 'Since when the account is locked; `null` when it is not.'

const members = {
  initials: text('Shown where a name has no room.', 8, ['JS']),
  locale: text('Language tag (BCP 47).', 35, ['en-GB']),
  timezone: text('IANA name.', 64, ['Europe/Berlin']),
  darkMode: Type.Enum(['system', 'light', 'dark']),
  notifications: Type.Boolean({ description: 'Whether notifications are mailed.' }),
  costCenter: text('', 120, ['4711']),
  jobRole: text('', 120, ['Engineer']),
  workingHours: text('A working day: `8h`, `7h 30m`, `7.5`.', 20, ['8h']),
  superAdmin: Type.Boolean({ description: 'Granting it takes a person in a browser, never a token.' }),
  active: Type.Boolean({ description: 'An inactive user cannot sign in; what they did stays.' })
}

const locked = Type.Union([Instant, Type.Null()], { description: lockedText })

/** A user as it is answered. Where others see it, what is the user's own is `null`. */
export const User = Type.Object({
  ...systemMembers,
  name,
  email,
  ...members,
  locked
})
export type User = Static<typeof User>

const own = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const ListedUser = Type.Object({
  ...User.properties,
  notifications: own(members.notifications),
  costCenter: own(members.costCenter),
  workingHours: own(members.workingHours)
})
export type ListedUser = Static<typeof ListedUser>

/** The caller's own record, and what the token that was sent may do. */
export const Me = Type.Object({
  ...User.properties,
  scopes: Type.Array(Type.String(), { description: 'What this token may do.' }),
  client: Type.Object({
    kind: Type.String({ description: '`oauth` or `key`.' }),
    name: Type.String(),
    marker: Type.Union([Type.String(), Type.Null()], { description: '`Web`, `Cli` or `Sdk`.' })
  })
})
export type Me = Static<typeof Me>

const changes = { ...Type.Partial(Type.Object({ name, email, ...members, locked })).properties }

export const NewUser = Type.Object({ ...changes, name, email }, { additionalProperties: false })
export type NewUser = Static<typeof NewUser>

/** What is left out stays as it is. */
export const UserChange = Type.Object(changes, { additionalProperties: false })
export type UserChange = Static<typeof UserChange>

export const UserChangeWithId = Type.Object(
  { ...changes, id: systemMembers.id },
  { additionalProperties: false }
)
