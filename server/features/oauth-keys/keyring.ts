import { makeBoundedMap } from '#server/kernel/bounded-map.ts'
import { addSeconds, type Clock } from '#server/kernel/clock.ts'
import type { Db } from '#server/kernel/db.ts'
import type { Secrets } from '#server/kernel/secrets.ts'
import { loadSigningKeys, type SigningKeys } from './signing-key.ts'

/** The signing keys of workspaces, kept in memory for a minute: the day of announcement covers the delay. */
export type Keyring = {
  keysOf(tenantId: string): Promise<SigningKeys>
  /** For a key id that is not known: asks the database again, at most every few seconds. */
  refreshKeys(tenantId: string): Promise<SigningKeys>
}

type Held = { keys: Promise<SigningKeys>; loaded: Date }

const holdSeconds = 60
const refreshSeconds = 5
const mostTenants = 2000

export function openKeyring(parts: { db: Db; secrets: Secrets; clock: Clock }): Keyring {
  const held = makeBoundedMap<string, Held>(mostTenants)
  const keysNoOlderThan = (seconds: number, tenantId: string): Promise<SigningKeys> => {
    const now = parts.clock()
    const known = held.get(tenantId)
    if (known && addSeconds(known.loaded, seconds) > now) return known.keys
    const keys = parts.db.write({ tenantId }, (tx) =>
      loadSigningKeys(tx, { secrets: parts.secrets, now }, tenantId)
    )
    const entry = { keys, loaded: now }
    held.set(tenantId, entry)
    keys.catch(() => {
      if (held.get(tenantId) === entry) held.delete(tenantId)
    })
    return keys
  }
  return {
    keysOf: (tenantId) => keysNoOlderThan(holdSeconds, tenantId),
    refreshKeys: (tenantId) => keysNoOlderThan(refreshSeconds, tenantId)
  }
}
