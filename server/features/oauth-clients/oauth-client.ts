import { addSeconds } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import type { Secrets } from '#server/kernel/secrets.ts'
import type { Payload } from '../oauth/oauth-artifact.ts'
import { grantSeconds } from '../oauth/oauth-grant.ts'

type ClientMeans = { secrets: Secrets; now: Date }

export type StoredClient = {
  kind: 'registered' | 'agent' | 'own'
  name: string
  metadata: Payload
}

/** A client that nobody consented to is forgotten after this. */
const unusedSeconds = 72 * 3600
/** How many such clients a workspace holds before the oldest makes room. */
const mostUnused = 500

/** A client of this workspace with its secret opened. Undefined when there is none or its time has passed. */
export async function findStoredClient(
  tx: Tx,
  { secrets, now }: ClientMeans,
  tenantId: string,
  id: string
): Promise<StoredClient | undefined> {
  const row = await tx
    .selectFrom('oauth_clients')
    .select(['kind', 'name', 'metadata', 'sealed_secret', 'expires'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row || (row.expires && row.expires <= now)) return undefined
  const metadata = JSON.parse(row.metadata) as Payload
  if (row.sealed_secret) {
    const sealed = JSON.parse(secrets.open('oauth-client', row.sealed_secret)) as Record<string, string>
    if (sealed.tenantId !== tenantId || sealed.id !== id)
      throw new Error('a client secret belongs to another client')
    metadata.client_secret = sealed.secret
  }
  return { kind: row.kind, name: row.name, metadata }
}

/** Keeps a registration, or what RFC 7592 changed of it. A full quota drops the oldest client without consent. */
export async function saveRegisteredClient(
  tx: Tx,
  { secrets, now }: ClientMeans,
  tenantId: string,
  id: string,
  payload: Payload
): Promise<void> {
  const { client_secret: secret, ...metadata } = payload
  const sealed =
    typeof secret === 'string' ? secrets.seal('oauth-client', JSON.stringify({ tenantId, id, secret })) : null
  const row = { name: clientName(payload, id), metadata: JSON.stringify(metadata), sealed_secret: sealed }
  await tx
    .insertInto('oauth_clients')
    .values({
      tenant_id: tenantId,
      id,
      kind: 'registered',
      ...row,
      created: now,
      expires: addSeconds(now, unusedSeconds)
    })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'id']).doUpdateSet(row))
    .execute()
  await evictUnused(tx, tenantId)
}

async function evictUnused(tx: Tx, tenantId: string): Promise<void> {
  const over = await tx
    .selectFrom('oauth_clients')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('kind', '=', 'registered')
    .where('consented', 'is', null)
    .orderBy('created', 'desc')
    .orderBy('id')
    .offset(mostUnused)
    .limit(10)
    .execute()
  for (const { id } of over) await dropClient(tx, tenantId, id)
}

/** Removes a client with all that was issued to it (RFC 7592 §2.3). */
export async function dropClient(tx: Tx, tenantId: string, id: string): Promise<void> {
  await tx.deleteFrom('oauth_grants').where('tenant_id', '=', tenantId).where('client_id', '=', id).execute()
  await tx
    .deleteFrom('oauth_artifacts')
    .where('tenant_id', '=', tenantId)
    .where('client_id', '=', id)
    .execute()
  await tx.deleteFrom('oauth_clients').where('tenant_id', '=', tenantId).where('id', '=', id).execute()
}

/** Keeps a client alive that is in use: the time until it is forgotten starts again. */
export async function touchClient(tx: Tx, now: Date, tenantId: string, id: string): Promise<void> {
  await tx
    .updateTable('oauth_clients')
    .set({ expires: addSeconds(now, grantSeconds) })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('expires', '<', addSeconds(now, grantSeconds - 24 * 3600))
    .execute()
}

function clientName(payload: Payload, id: string): string {
  return typeof payload.client_name === 'string' && payload.client_name !== '' ? payload.client_name : id
}
