import { sql } from 'kysely'
import { addSeconds } from './clock.ts'
import type { Tx } from './db.ts'

const keptDays = 30
const mailboxSize = 200

/** Gives up letters that have expired unsent and wipes them. */
export async function sweepExpiredLetters(tx: Tx, now: Date, most: number): Promise<number> {
  return affected(
    await sql`
      update outbox set state = 'failed', settled = ${now}, sealed = null where id in
        (select id from outbox where state = 'queued' and expires <= ${now}
          order by expires limit ${most} for update skip locked)`.execute(tx)
  )
}

/** Deletes what was settled more than 30 days ago; until then the rows answer for deliveries and the daily budget. */
export async function sweepSettledLetters(tx: Tx, now: Date, most: number): Promise<number> {
  const before = addSeconds(now, -keptDays * 86_400)
  return affected(
    await sql`
      delete from outbox where id in
        (select id from outbox where settled <= ${before} order by settled limit ${most} for update skip locked)`.execute(
      tx
    )
  )
}

/** Wipes the development mailbox down to its newest letters, or wholly where there must be none. */
export async function trimMailbox(
  tx: Tx,
  options: { isDevelopment: boolean },
  most: number
): Promise<number> {
  return affected(
    await sql`
      update outbox set sealed = null where id in
        (select id from outbox where state = 'accepted' and sealed is not null
          order by created desc, id desc offset ${options.isDevelopment ? mailboxSize : 0} limit ${most})`.execute(
      tx
    )
  )
}

function affected(result: { numAffectedRows?: bigint }): number {
  return Number(result.numAffectedRows ?? 0)
}
