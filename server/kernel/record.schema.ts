import Type, { type Static } from 'typebox'

/** An instant on the wire: ISO 8601 in UTC. */
export const Instant = Type.String({ format: 'date-time' })

/** What every record carries; set by the server and ignored on writes (contract §1). */
export const systemMembers = {
  id: Type.String({ description: 'Opaque.' }),
  tenantId: Type.String(),
  entity: Type.String({ description: 'The type of the record.' }),
  created: Instant,
  createdBy: Type.String(),
  updated: Instant,
  updatedBy: Type.String(),
  deleted: Type.Boolean()
}

const System = Type.Object(systemMembers)
export type SystemMembers = Static<typeof System>

/** The answer to a delete. */
export const Removed = Type.Object({ id: Type.String(), deleted: Type.Literal(true) })
export type Removed = Static<typeof Removed>

export const RecordPath = Type.Object({ id: Type.String({ description: 'The `id` of the record.' }) })

/** Which part of a list is wanted. */
export const ListQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(
    Type.String({
      maxLength: 2000,
      description: 'From the `Link` header of the answer before, `rel="next"`.'
    })
  )
})
export type ListQuery = Static<typeof ListQuery>

/** Makes a write conditional: it happens only while the record still has this `ETag`. */
export const Condition = Type.Object({
  'if-match': Type.Optional(
    Type.String({ description: 'The `ETag` of the record as it was read; 412 when it has changed since.' })
  )
})

/** A choice that is answered as an integer and written as integer or name (contract §1). */
export function Choice(values: Record<string, number>, description: string) {
  const names = Object.keys(values)
  const told = `${description} ${names.map((name) => `\`${values[name]}\` ${name}`).join(', ')}.`
  return {
    answer: Type.Integer({ description: told }),
    given: Type.Enum([...names, ...Object.values(values)], { description: told })
  }
}
