import { generateKeyPairSync } from 'node:crypto'
import { addSeconds } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import { newId } from '#server/kernel/ids.ts'
import type { Secrets } from '#server/kernel/secrets.ts'

/** The public half of a P-256 key as RFC 7517 writes it, and with `d` the private one. */
export type Jwk = { kty: 'EC'; crv: 'P-256'; x: string; y: string; kid: string; alg: 'ES256'; use: 'sig' }
type PrivateJwk = Jwk & { d: string }

export type SigningKeys = {
  /** The key that signs now. */
  active: PrivateJwk
  /** What the key set shows: the next key, the active one, and earlier ones whose tokens may still be alive. */
  published: Jwk[]
}

const daySeconds = 24 * 3600
const rotateAfterSeconds = 90 * daySeconds
/** How long a key is announced before it signs, and shown after it stopped: verifiers keep key sets for long. */
const overlapSeconds = daySeconds

type KeyRow = {
  generation: number
  kid: string
  public_jwk: string
  sealed_private: Buffer
  active_from: Date
}

/**
 * The signing keys of a workspace at `now`; makes the ones that are missing, so that a next key is always announced,
 * and removes those whose last tokens are long dead. Safe to run in several servers at once.
 */
export async function loadSigningKeys(
  tx: Tx,
  means: { secrets: Secrets; now: Date },
  tenantId: string
): Promise<SigningKeys> {
  const { secrets, now } = means
  let rows = await readRows(tx, tenantId)
  while (rows.filter((row) => row.active_from > now).length === 0) {
    const newest = rows.at(-1)
    const activeFrom = newest ? nextStart(newest.active_from, now) : now
    await addKey(tx, means, tenantId, { generation: (newest?.generation ?? 0) + 1, activeFrom })
    rows = await readRows(tx, tenantId)
  }
  const active = rows.findLast((row) => row.active_from <= now) ?? rows[0]
  if (!active) throw new Error('a workspace has no signing key though one was just made')
  const shown = rows.filter((row) => row.generation >= active.generation || isStillShown(rows, row, now))
  await dropBefore(tx, tenantId, shown[0]?.generation ?? 0)
  return {
    active: openPrivate(secrets, tenantId, active),
    published: shown.map((row) => JSON.parse(row.public_jwk) as Jwk)
  }
}

/**
 * Lets the announced key sign from now on and announces another. The earlier key still verifies for a day, unless
 * `isCompromised`: then it is gone, and with it every access token that it signed, once each server has asked for
 * the keys again, which it does every minute.
 */
export async function rotateSigningKeys(
  tx: Tx,
  means: { secrets: Secrets; now: Date },
  tenantId: string,
  isCompromised = false
): Promise<SigningKeys> {
  const { now } = means
  await loadSigningKeys(tx, means, tenantId)
  const next = (await readRows(tx, tenantId)).find((row) => row.active_from > now)
  if (next) {
    await tx
      .updateTable('oauth_keys')
      .set({ active_from: now })
      .where('tenant_id', '=', tenantId)
      .where('generation', '=', next.generation)
      .execute()
    if (isCompromised) await dropBefore(tx, tenantId, next.generation)
  }
  return loadSigningKeys(tx, means, tenantId)
}

function readRows(tx: Tx, tenantId: string): Promise<KeyRow[]> {
  return tx
    .selectFrom('oauth_keys')
    .select(['generation', 'kid', 'public_jwk', 'sealed_private', 'active_from'])
    .where('tenant_id', '=', tenantId)
    .orderBy('generation')
    .execute()
}

// After a long rest the next key still has its day of announcement.
function nextStart(newest: Date, now: Date): Date {
  const planned = addSeconds(newest, rotateAfterSeconds)
  const soonest = addSeconds(now, overlapSeconds)
  return new Date(Math.max(planned.getTime(), soonest.getTime()))
}

function isStillShown(rows: KeyRow[], row: KeyRow, now: Date): boolean {
  const successor = rows.find((other) => other.generation > row.generation)
  return successor !== undefined && addSeconds(successor.active_from, overlapSeconds) > now
}

async function addKey(
  tx: Tx,
  { secrets, now }: { secrets: Secrets; now: Date },
  tenantId: string,
  wish: { generation: number; activeFrom: Date }
): Promise<void> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '', d = '' } = privateKey.export({ format: 'jwk' })
  const kid = newId('key')
  const jwk: Jwk = { kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' }
  await tx
    .insertInto('oauth_keys')
    .values({
      tenant_id: tenantId,
      generation: wish.generation,
      kid,
      public_jwk: JSON.stringify(jwk),
      sealed_private: secrets.seal('oauth-key', JSON.stringify({ tenantId, kid, d })),
      created: now,
      active_from: wish.activeFrom
    })
    // Another server was faster; its key is as good.
    .onConflict((conflict) => conflict.columns(['tenant_id', 'generation']).doNothing())
    .execute()
}

// The sealed text says whose key it is, so that a row moved to another workspace does not sign there.
function openPrivate(secrets: Secrets, tenantId: string, row: KeyRow): PrivateJwk {
  const sealed = JSON.parse(secrets.open('oauth-key', row.sealed_private)) as Record<string, string>
  if (sealed.tenantId !== tenantId || sealed.kid !== row.kid || !sealed.d)
    throw new Error('a signing key belongs to another workspace')
  return { ...(JSON.parse(row.public_jwk) as Jwk), d: sealed.d }
}

async function dropBefore(tx: Tx, tenantId: string, generation: number): Promise<void> {
  await tx
    .deleteFrom('oauth_keys')
    .where('tenant_id', '=', tenantId)
    .where('generation', '<', generation)
    .execute()
}
