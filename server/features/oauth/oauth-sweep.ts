import { enterTenant } from '#server/kernel/db.ts'
import type { Sweep } from '#server/kernel/sweep.ts'
import { pruneExpired } from './oauth-artifact.ts'

/**
 * Goes round the workspaces, at most `most` at each call, and removes what has expired in their authorization servers:
 * row security shows a job of the install no tenant table, so it enters one workspace after the other.
 */
export function makeOauthSweep(most: number): Sweep {
  let last = ''
  return async (tx, now) => {
    const tenants = await tx
      .selectFrom('tenants')
      .select('id')
      .where('id', '>', last)
      .orderBy('id')
      .limit(most)
      .execute()
    for (const { id } of tenants) {
      await enterTenant(tx, id)
      await pruneExpired(tx, now, id)
    }
    last = tenants.length < most ? '' : (tenants.at(-1)?.id ?? '')
    // One part of the round is enough for one call.
    return 0
  }
}
