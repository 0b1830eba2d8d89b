import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { addSeconds } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'

/** The library's models that are kept as artifacts: whoever holds the id may act, so only its hash is stored. */
export type ArtifactKind =
  | 'AuthorizationCode'
  | 'RefreshToken'
  | 'Interaction'
  | 'RegistrationAccessToken'
  | 'ReplayDetection'

export type Payload = Record<string, unknown>

export type ArtifactPlace = { tenantId: string; kind: ArtifactKind; id: string }

/** What the database keeps of an id: 256 random bits need neither key nor salt. */
export function hashArtifactId(id: string): Buffer {
  return createHash('sha256').update(id).digest()
}

/** Writes an artifact in the library's own format, without its id. The same id again replaces the payload. */
export async function saveArtifact(
  tx: Tx,
  now: Date,
  place: ArtifactPlace,
  artifact: { payload: Payload; expiresInSeconds: number; browserHash?: Buffer | undefined }
): Promise<void> {
  const { jti: _id, ...payload } = artifact.payload
  const text = JSON.stringify(payload)
  const expires = addSeconds(now, artifact.expiresInSeconds)
  await tx
    .insertInto('oauth_artifacts')
    .values({
      tenant_id: place.tenantId,
      kind: place.kind,
      id_hash: hashArtifactId(place.id),
      grant_id: textOrNull(payload.grantId),
      client_id: textOrNull(payload.clientId),
      payload: text,
      browser_hash: artifact.browserHash ?? null,
      created: now,
      expires
    })
    .onConflict((conflict) =>
      conflict.columns(['tenant_id', 'kind', 'id_hash']).doUpdateSet({ payload: text, expires })
    )
    .execute()
}

export type Artifact = {
  payload: Payload
  grantId: string | null
  browserHash: Buffer | null
  created: Date
  consumed: Date | null
  sealedAnswer: Buffer | null
}

/**
 * An artifact that has not expired, as the library wants it back. `locked` makes a second request with the same id
 * wait until the first has ended, also in another server; `if-free` finds nothing while there is such a first one.
 */
export async function findArtifact(
  tx: Tx,
  now: Date,
  place: ArtifactPlace,
  lock?: 'locked' | 'if-free'
): Promise<Artifact | undefined> {
  const query = tx
    .selectFrom('oauth_artifacts')
    .select(['payload', 'grant_id', 'browser_hash', 'created', 'consumed', 'sealed_answer'])
    .where('tenant_id', '=', place.tenantId)
    .where('kind', '=', place.kind)
    .where('id_hash', '=', hashArtifactId(place.id))
    .where('expires', '>', now)
  const locking = lock === undefined ? query : query.forUpdate()
  const row = await (lock === 'if-free' ? locking.skipLocked() : locking).executeTakeFirst()
  if (!row) return undefined
  return {
    payload: { ...(JSON.parse(row.payload) as Payload), jti: place.id },
    grantId: row.grant_id,
    browserHash: row.browser_hash,
    created: row.created,
    consumed: row.consumed,
    sealedAnswer: row.sealed_answer
  }
}

/** Marks an artifact as used. False when it was used already: exactly one caller gets true. */
export async function consumeArtifact(tx: Tx, now: Date, place: ArtifactPlace): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('oauth_artifacts')
    .set({ consumed: now })
    .where('tenant_id', '=', place.tenantId)
    .where('kind', '=', place.kind)
    .where('id_hash', '=', hashArtifactId(place.id))
    .where('consumed', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function dropArtifact(tx: Tx, place: ArtifactPlace): Promise<void> {
  await tx
    .deleteFrom('oauth_artifacts')
    .where('tenant_id', '=', place.tenantId)
    .where('kind', '=', place.kind)
    .where('id_hash', '=', hashArtifactId(place.id))
    .execute()
}

const pruneBatch = 50
/** The longest replay window that the settings allow. */
const longestAnswerSeconds = 60

/**
 * Removes a few of this workspace's rows whose time has passed. Called where rows are added, so that what lies about
 * never outgrows what is used; `makeOauthSweep` reaches the workspaces where nothing is added any more.
 */
export async function pruneExpired(tx: Tx, now: Date, tenantId: string): Promise<void> {
  await tx
    .updateTable('oauth_artifacts')
    .set({ sealed_answer: null })
    .where('tenant_id', '=', tenantId)
    .where('sealed_answer', 'is not', null)
    .where('consumed', '<', addSeconds(now, -longestAnswerSeconds))
    .execute()
  await prune(tx, now, tenantId, 'oauth_artifacts', 'id_hash')
  await prune(tx, now, tenantId, 'oauth_grants', 'id')
  const gone = await prune(tx, now, tenantId, 'oauth_clients', 'id')
  if (gone.length === 0) return
  const clientIds = gone.map(({ key }) => key as string)
  await tx
    .deleteFrom('oauth_artifacts')
    .where('tenant_id', '=', tenantId)
    .where('client_id', 'in', clientIds)
    .execute()
}

async function prune(
  tx: Tx,
  now: Date,
  tenantId: string,
  table: string,
  key: string
): Promise<{ key: unknown }[]> {
  const { rows } = await sql<{ key: unknown }>`
    delete from ${sql.table(table)} where tenant_id = ${tenantId} and ${sql.ref(key)} in (
      select ${sql.ref(key)} from ${sql.table(table)}
      where tenant_id = ${tenantId} and expires <= ${now} order by expires limit ${pruneBatch}
      for update skip locked)
    returning ${sql.ref(key)} as key`.execute(tx)
  return rows
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
