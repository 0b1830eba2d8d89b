import { sql } from 'kysely'
import type { Tx } from './db.ts'
import type { Tables } from './tables.ts'

/** Where rows expire: the table, what names a row, and the instant from which it may go. */
export type Expiry = { table: keyof Tables; key: string; due: string; tenantId?: string }

/**
 * Deletes a bounded number of rows whose time has passed, the oldest first, past rows that others hold. Of one tenant
 * where row security asks for it. Returns how many.
 */
export async function deleteExpired(tx: Tx, expiry: Expiry, now: Date, most: number): Promise<number> {
  const [table, key, due] = [sql.table(expiry.table), sql.ref(expiry.key), sql.ref(expiry.due)]
  const own = expiry.tenantId === undefined ? sql`true` : sql`tenant_id = ${expiry.tenantId}`
  const { numAffectedRows } = await sql`
    delete from ${table} where ${own} and ${key} in
      (select ${key} from ${table} where ${own} and ${due} <= ${now}
       order by ${due} limit ${most} for update skip locked)`.execute(tx)
  return Number(numAffectedRows ?? 0)
}
