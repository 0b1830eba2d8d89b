import { sql } from 'kysely'
import { addSeconds, secondsUntil } from './clock.ts'
import type { Tx } from './db.ts'
import { deleteExpired } from './expired-rows.ts'
import type { Secrets } from './secrets.ts'

/** At most `quota` hits in any `windowSeconds`; kept in PostgreSQL, so it survives a restart and counts over all nodes. */
export type Limit = { name: string; quota: number; windowSeconds: number }

export type LimitState = { isWithin: boolean; remaining: number; resetSeconds: number }

/**
 * Counts one hit of a subject against a sliding window and says whether it was within the limit; a hit that was
 * not is not counted. Racing hits wait for each other on the row, so never more than the quota get in.
 */
export async function countHit(
  tx: Tx,
  secrets: Secrets,
  now: Date,
  limit: Limit,
  subject: string
): Promise<LimitState> {
  const bucket = secrets.hash('limit', limit.name, subject)
  const since = addSeconds(now, -limit.windowSeconds)
  const { rows } = await sql<{ hits: Date[] }>`
    insert into limit_hits as held (bucket, hits, expires)
    values (${bucket}, array[${now}::timestamptz], ${addSeconds(now, limit.windowSeconds)})
    on conflict (bucket) do update set
      hits = array(select hit from unnest(held.hits) hit where hit > ${since} order by hit) || ${now}::timestamptz,
      expires = greatest(held.expires, excluded.expires)
    where (select count(*) from unnest(held.hits) hit where hit > ${since}) < ${limit.quota}
    returning hits`.execute(tx)
  if (rows[0]) return stateOf(limit, now, rows[0].hits, true)
  return readState(tx, bucket, limit, now)
}

/** Forgets the hits of a subject: a way out of a limit, for instance after a successful reset. */
export async function clearHits(tx: Tx, secrets: Secrets, limit: Limit, subject: string): Promise<void> {
  await tx
    .deleteFrom('limit_hits')
    .where('bucket', '=', secrets.hash('limit', limit.name, subject))
    .execute()
}

/** Removes a bounded number of buckets whose windows have passed. Returns how many. */
export function sweepLimitHits(tx: Tx, now: Date, most: number): Promise<number> {
  return deleteExpired(tx, { table: 'limit_hits', key: 'bucket', due: 'expires' }, now, most)
}

async function readState(tx: Tx, bucket: Buffer, limit: Limit, now: Date): Promise<LimitState> {
  const held = await tx
    .selectFrom('limit_hits')
    .select('hits')
    .where('bucket', '=', bucket)
    .executeTakeFirst()
  const since = addSeconds(now, -limit.windowSeconds)
  const hits = (held?.hits ?? []).filter((hit) => hit > since)
  return stateOf(limit, now, hits, hits.length < limit.quota)
}

function stateOf(limit: Limit, now: Date, hits: Date[], isWithin: boolean): LimitState {
  const remaining = Math.max(0, limit.quota - hits.length)
  const oldest = hits.at(-limit.quota) ?? hits[0]
  const resetSeconds = oldest ? secondsUntil(now, addSeconds(oldest, limit.windowSeconds)) : 0
  return { isWithin, remaining, resetSeconds }
}
