import { sql } from 'kysely'
import { addSeconds } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import { blockSeconds } from './signup-record.ts'

// The longest that anything still asks for one: 60 minutes to confirm, then 72 h to undo.
const keptSeconds = 8 * 24 * 3600
// The page of a refused one lifts the block that it offered.
const refusedKeptSeconds = blockSeconds + 24 * 3600

/** Removes a bounded number of sign-ups, with their names and addresses, that nothing asks for any more. */
export async function sweepSignups(tx: Tx, now: Date, most: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from signups where id in
      (select id from signups where created <= ${addSeconds(now, -keptSeconds)}
        and (rejected is null or created <= ${addSeconds(now, -refusedKeptSeconds)}) order by created limit ${most}
        for update skip locked)`.execute(tx)
  await sql`delete from mail_blocks where address_hash in
    (select address_hash from mail_blocks where until <= ${now} limit ${most} for update skip locked)`.execute(
    tx
  )
  return Number(numAffectedRows ?? 0)
}
