import Type, { type Static } from 'typebox'
import { Instant, systemMembers } from '#server/kernel/record.schema.ts'

// The words of kernel/actor.ts, which a schema cannot import; the rule reads them with its own.
const scope = Type.Enum(['work:read', 'work:write', 'time:write', 'money:read', 'admin'])

const name = Type.String({
  description: 'What the key is for.',
  minLength: 1,
  maxLength: 120,
  examples: ['Build server']
})

export const NewApiKey = Type.Object(
  {
    name,
    scopes: Type.Optional(
      Type.Array(scope, {
        description: 'What the key may do, never more than its maker. `work:read work:write` if left out.',
        minItems: 1,
        maxItems: 5
      })
    ),
    expiresAt: Type.Optional(
      Type.Union([Instant, Type.Null()], {
        description: '90 days from now if left out; `null` for a key without end.'
      })
    )
  },
  { additionalProperties: false }
)
export type NewApiKey = Static<typeof NewApiKey>

export const ApiKey = Type.Object({
  ...systemMembers,
  userId: Type.String({ description: 'The user for whom the key acts.' }),
  name,
  prefix: Type.String({ description: 'How the key begins; the whole of it is shown only when it is made.' }),
  scopes: Type.Array(scope),
  expiresAt: Type.Union([Instant, Type.Null()]),
  lastUsed: Type.Union([Instant, Type.Null()], { description: 'To about five minutes.' })
})
export type ApiKey = Static<typeof ApiKey>

export const MadeApiKey = Type.Object({
  ...ApiKey.properties,
  rawKey: Type.String({ description: 'The key itself. It is not shown again: keep it.' })
})
export type MadeApiKey = Static<typeof MadeApiKey>
