import { createHash } from 'node:crypto'
import { type Actor, type Authenticate, readScopes } from '#server/kernel/actor.ts'
import { addSeconds, type Clock } from '#server/kernel/clock.ts'
import type { Db } from '#server/kernel/db.ts'
import type { Log } from '#server/kernel/log.ts'

/** What every key begins with, so that people, programs and scanners for leaked secrets know one. */
export const keyStart = 'ek_live_'

// A key's last use is written at most this often: no write with every request.
const useSeconds = 300

/** Whether a bearer token is an API key rather than an access token. */
export function isKey(bearer: string): boolean {
  return bearer.startsWith('ek_')
}

/** What is kept of a key. It holds 256 random bits, so that a fast hash without salt is enough. */
export function keyHash(rawKey: string): Buffer {
  return createHash('sha256').update(rawKey).digest()
}

/**
 * Tells for whom an API key acts. It is looked up in the workspace of the host alone, so that another workspace's key
 * is unknown here; it stops with its user (contract §1). Good for every resource of the workspace.
 */
export function keyAuthenticator(parts: { db: Db; clock: Clock; log: Log }): Authenticate {
  const noting = new Set<string>()
  return async (bearer, tenant) => {
    const now = parts.clock()
    const [found] = await parts.db.read({ tenantId: tenant.id }, (tables) =>
      tables
        .selectFrom('api_keys')
        .innerJoin('users', (join) =>
          join.onRef('users.tenant_id', '=', 'api_keys.tenant_id').onRef('users.id', '=', 'api_keys.user_id')
        )
        .leftJoin('oauth_grants', (join) =>
          join
            .onRef('oauth_grants.tenant_id', '=', 'api_keys.tenant_id')
            .onRef('oauth_grants.id', '=', 'api_keys.grant_id')
        )
        .select([
          'api_keys.id',
          'api_keys.name',
          'api_keys.scopes',
          'api_keys.grant_id',
          'api_keys.expires',
          'api_keys.last_used'
        ])
        .select(['api_keys.user_id', 'is_super_admin', 'users.active', 'users.locked'])
        .select('oauth_grants.expires as grant_expires')
        .where('api_keys.tenant_id', '=', tenant.id)
        .where('api_keys.key_hash', '=', keyHash(bearer))
        .where('api_keys.deleted', '=', false)
        .where('users.deleted', '=', false)
    )
    if (!found) return { refusal: 'unknown or revoked key' }
    if (found.expires && found.expires <= now) return { refusal: 'expired key' }
    if (found.grant_id !== null && !(found.grant_expires && found.grant_expires > now))
      return { refusal: 'key of an app that is no longer connected' }
    if (!found.active || found.locked) return { refusal: 'inactive user' }
    if (!found.last_used || addSeconds(found.last_used, useSeconds) <= now)
      await noteUse(parts, noting, { tenantId: tenant.id, keyId: found.id, now })
    return actorOf(tenant.id, found)
  }
}

type FoundKey = {
  id: string
  name: string
  user_id: string
  is_super_admin: boolean
  scopes: string[]
  grant_id: string | null
}

function actorOf(tenantId: string, key: FoundKey): Actor {
  return {
    tenantId,
    userId: key.user_id,
    isSuperAdmin: key.is_super_admin,
    client: { kind: 'key', id: key.id, name: key.name, marker: 'Sdk' },
    scopes: readScopes(key.scopes),
    ...(key.grant_id === null ? {} : { grantId: key.grant_id })
  }
}

// One request pays for all that come in these minutes; a note that fails must not fail the request.
async function noteUse(
  { db, log }: { db: Db; log: Log },
  noting: Set<string>,
  { tenantId, keyId, now }: { tenantId: string; keyId: string; now: Date }
): Promise<void> {
  if (noting.has(keyId)) return
  noting.add(keyId)
  try {
    await db.write({ tenantId }, (tx) =>
      tx
        .updateTable('api_keys')
        .set({ last_used: now })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', keyId)
        .execute()
    )
  } catch (err) {
    log.warn({ err }, 'the use of an API key could not be noted')
  } finally {
    noting.delete(keyId)
  }
}
