import { makeBoundedMap } from '#server/kernel/bounded-map.ts'
import { addSeconds, type Clock } from '#server/kernel/clock.ts'
import type { Db } from '#server/kernel/db.ts'

/** What the database says of a grant: that it stands, and of whom. */
export type GrantState = {
  grantId: string
  userId: string
  clientId: string
  clientName: string
  isOwnClient: boolean
  isSuperAdmin: boolean
}

export type GrantStates = {
  /** Undefined when the grant was revoked or has expired, or its user is gone. Known for five seconds. */
  find(tenantId: string, grantId: string): Promise<GrantState | undefined>
}

// Twice this is the ten seconds of contract §3.
const holdSeconds = 5
const mostGrants = 10_000
/** How exact the last use of an app is noted. */
const noteUseSeconds = 60

type Held = { state: Promise<GrantState | undefined>; until: Date }

export function makeGrantStates({ db, clock }: { db: Db; clock: Clock }): GrantStates {
  const held = makeBoundedMap<string, Held>(mostGrants)
  return {
    find: (tenantId, grantId) => {
      const key = `${tenantId} ${grantId}`
      const now = clock()
      const known = held.get(key)
      if (known && known.until > now) return known.state
      const state = readState(db, now, tenantId, grantId)
      const entry = { state, until: addSeconds(now, holdSeconds) }
      held.set(key, entry)
      state.catch(() => {
        if (held.get(key) === entry) held.delete(key)
      })
      return state
    }
  }
}

async function readState(
  db: Db,
  now: Date,
  tenantId: string,
  grantId: string
): Promise<GrantState | undefined> {
  const [row] = await db.read({ tenantId }, (tables) =>
    tables
      .selectFrom('oauth_grants as held')
      .innerJoin('users', (join) =>
        join.onRef('users.tenant_id', '=', 'held.tenant_id').onRef('users.id', '=', 'held.user_id')
      )
      .leftJoin('oauth_clients as client', (join) =>
        join.onRef('client.tenant_id', '=', 'held.tenant_id').onRef('client.id', '=', 'held.client_id')
      )
      .select([
        'held.user_id',
        'held.client_id',
        'held.client_name',
        'held.last_used',
        'users.is_super_admin',
        'client.kind'
      ])
      .where('held.tenant_id', '=', tenantId)
      .where('held.id', '=', grantId)
      .where('held.expires', '>', now)
      .where('users.deleted', '=', false)
      .where('users.active', '=', true)
      .where('users.active', '=', true)
      .where('users.locked', 'is', null)
  )
  if (!row) return undefined
  if (!row.last_used || row.last_used < addSeconds(now, -noteUseSeconds))
    await noteUse(db, now, tenantId, grantId)
  return {
    grantId,
    userId: row.user_id,
    clientId: row.client_id,
    clientName: row.client_name,
    isOwnClient: row.kind === 'own',
    isSuperAdmin: row.is_super_admin
  }
}

async function noteUse(db: Db, now: Date, tenantId: string, grantId: string): Promise<void> {
  await db.write({ tenantId }, (tx) =>
    tx
      .updateTable('oauth_grants')
      .set((set) => ({ first_used: set.fn.coalesce('first_used', set.val(now)), last_used: now }))
      .where('tenant_id', '=', tenantId)
      .where('id', '=', grantId)
      .execute()
  )
}
