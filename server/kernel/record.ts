import { createHash } from 'node:crypto'
import { problem } from './problem.ts'
import type { ListQuery, Removed, SystemMembers } from './record.schema.ts'

const defaultListLimit = 50

/** The columns behind the eight system members. Tables whose rows are never removed have no `deleted`. */
type SystemColumns = {
  tenant_id: string
  id: string
  created: Date
  created_by: string
  updated: Date
  updated_by: string
  deleted?: boolean
}

/** The eight members that every record carries (contract §1); `entity` is its type word. */
export function systemMembersOf(row: SystemColumns, entity: string): SystemMembers {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    entity,
    created: row.created.toISOString(),
    createdBy: row.created_by,
    updated: row.updated.toISOString(),
    updatedBy: row.updated_by,
    deleted: row.deleted ?? false
  }
}

/** The system columns of a row that is made now. */
export function madeBy(who: { tenantId: string; userId: string }, id: string, now: Date) {
  return {
    tenant_id: who.tenantId,
    id,
    created: now,
    created_by: who.userId,
    updated: now,
    updated_by: who.userId
  }
}

/** The answer to a delete (contract §1). */
export function removed(id: string): Removed {
  return { id, deleted: true }
}

/** The number of a choice that was written as integer or name. */
export function choiceNumber(values: Record<string, number>, given: string | number): number {
  return typeof given === 'number' ? given : (values[given] ?? 0)
}

/** The entity tag of a record as it is answered: another value for any other content (RFC 9110 section 8.8.3). */
export function recordTag(record: object): string {
  return `"${createHash('sha256').update(JSON.stringify(record)).digest('base64url').slice(0, 22)}"`
}

/**
 * Throws RECORD_CHANGED when an `If-Match` was sent that the record no longer matches. Ask it in the transaction that
 * changes the record, with the row locked; `*` matches any (RFC 9110 section 13.1.1).
 */
export function refuseChanged(ifMatch: string | undefined, record: object): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return
  const tags = ifMatch.split(',').map((tag) => tag.trim())
  if (!tags.includes(recordTag(record))) throw problem('RECORD_CHANGED')
}

/** Part of a list, and where the next part begins; no cursor at its end. */
export type Page<T> = { rows: T[]; cursor: string | undefined }

/** How many rows to read for a page: one more than is shown, which tells whether there is more. */
export function rowsToRead(query: ListQuery): number {
  return (query.limit ?? defaultListLimit) + 1
}

/** Cuts what was read to the page that was asked for; `keyOf` gives the values that the list is ordered by. */
export function cutPage<T>(query: ListQuery, rows: T[], keyOf: (row: T) => string[]): Page<T> {
  const limit = query.limit ?? defaultListLimit
  const last = rows[limit - 1]
  if (rows.length <= limit || !last) return { rows, cursor: undefined }
  const cursor = Buffer.from(JSON.stringify(keyOf(last))).toString('base64url')
  return { rows: rows.slice(0, limit), cursor }
}

/** The values of a cursor, as `cutPage` wrote them. Throws VALIDATION_FAILED for anything else. */
export function readCursor(query: ListQuery, count: number): string[] | undefined {
  if (query.cursor === undefined) return undefined
  const values = parse(Buffer.from(query.cursor, 'base64url').toString('utf8'))
  const isOurs =
    Array.isArray(values) &&
    values.length === count &&
    values.every((value) => typeof value === 'string' && !value.includes('\0') && value.isWellFormed())
  if (!isOurs) throw problem('VALIDATION_FAILED', { fields: [{ field: 'cursor', code: 'invalid' }] })
  return values as string[]
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
