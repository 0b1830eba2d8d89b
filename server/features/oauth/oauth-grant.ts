import type { Scope } from '#server/kernel/actor.ts'
import { addSeconds } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import { newId } from '#server/kernel/ids.ts'
import type { Payload } from './oauth-artifact.ts'

/** The longest that access may live without asking the user again (contract §2: names rest for as long). */
export const grantSeconds = 180 * 24 * 3600

const mostRemembered = 20

export type NewGrant = {
  tenantId: string
  userId: string
  clientId: string
  clientName: string
  /** Where the answer goes, as the user saw it. */
  redirectHost: string
  /** The resource's whole address: the audience of its tokens. */
  resourceUrl: string
  granted: readonly string[]
  /** Asked for and unticked. */
  rejected: readonly string[]
}

/** Writes down what a user allowed a client, in the library's format. Returns the grant's id. */
export async function addGrant(tx: Tx, now: Date, wish: NewGrant): Promise<string> {
  const id = newId('grant')
  const issued = Math.floor(now.getTime() / 1000)
  const at = (scopes: readonly string[]) => ({ resources: { [wish.resourceUrl]: scopes.join(' ') } })
  const payload = {
    accountId: wish.userId,
    clientId: wish.clientId,
    kind: 'Grant',
    iat: issued,
    exp: issued + grantSeconds,
    ...at(wish.granted),
    // It gives no right of its own, and is always granted when asked for.
    openid: { scope: 'offline_access' },
    ...(wish.rejected.length > 0 ? { rejected: at(wish.rejected) } : {})
  }
  await tx
    .insertInto('oauth_grants')
    .values({
      tenant_id: wish.tenantId,
      id,
      user_id: wish.userId,
      client_id: wish.clientId,
      client_name: wish.clientName,
      redirect_host: wish.redirectHost,
      resource: wish.resourceUrl,
      scope: wish.granted.join(' '),
      payload: JSON.stringify(payload),
      created: now,
      expires: addSeconds(now, grantSeconds)
    })
    .execute()
  await tx
    .updateTable('oauth_clients')
    .set((set) => ({
      consented: set.fn.coalesce('consented', set.val(now)),
      expires: addSeconds(now, grantSeconds)
    }))
    .where('tenant_id', '=', wish.tenantId)
    .where('id', '=', wish.clientId)
    .execute()
  return id
}

/** Whether a user has allowed all of this to the same client at the same place before, and not taken it back. */
export async function wasGranted(
  tx: Tx,
  now: Date,
  wish: Pick<NewGrant, 'tenantId' | 'userId' | 'clientId' | 'redirectHost' | 'resourceUrl'> & {
    scopes: readonly string[]
  }
): Promise<boolean> {
  const rows = await tx
    .selectFrom('oauth_grants')
    .select('scope')
    .where('tenant_id', '=', wish.tenantId)
    .where('user_id', '=', wish.userId)
    .where('client_id', '=', wish.clientId)
    .where('redirect_host', '=', wish.redirectHost)
    .where('resource', '=', wish.resourceUrl)
    .where('expires', '>', now)
    .orderBy('id', 'desc')
    .limit(mostRemembered)
    .execute()
  return rows.some(({ scope }) => {
    const granted = scope.split(' ')
    return wish.scopes.every((word) => granted.includes(word))
  })
}

/** A living grant as the library wants it back. */
export async function findGrantPayload(
  tx: Tx,
  now: Date,
  tenantId: string,
  id: string
): Promise<Payload | undefined> {
  const row = await tx
    .selectFrom('oauth_grants')
    .select('payload')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('expires', '>', now)
    .executeTakeFirst()
  return row && { ...(JSON.parse(row.payload) as Payload), jti: id }
}

/** An app that a user connected, for the page of connected apps. */
export type ConnectedApp = {
  grantId: string
  clientId: string
  clientName: string
  redirectHost: string
  resourceUrl: string
  scopes: Scope[]
  created: Date
  lastUsed: Date | null
}

/** The apps connected for a user, newest first, at most `most`; `before` continues after a page's last grant id. */
export async function listGrants(
  tx: Tx,
  now: Date,
  place: { tenantId: string; userId: string },
  options: { most: number; before?: string }
): Promise<ConnectedApp[]> {
  const { before } = options
  const rows = await tx
    .selectFrom('oauth_grants')
    .select(['id', 'client_id', 'client_name', 'redirect_host', 'resource', 'scope', 'created', 'last_used'])
    .where('tenant_id', '=', place.tenantId)
    .where('user_id', '=', place.userId)
    .where('expires', '>', now)
    .$if(before !== undefined, (query) => query.where('id', '<', before ?? ''))
    .orderBy('id', 'desc')
    .limit(options.most)
    .execute()
  return rows.map((row) => ({
    grantId: row.id,
    clientId: row.client_id,
    clientName: row.client_name,
    redirectHost: row.redirect_host,
    resourceUrl: row.resource,
    scopes: row.scope.split(' ') as Scope[],
    created: row.created,
    lastUsed: row.last_used
  }))
}

/**
 * Ends one connected app: its code and refresh tokens are gone at once, its access tokens are refused within ten
 * seconds. Of a user other than `userId`, when given, nothing is touched. False when there was no such grant.
 */
export async function revokeGrant(
  tx: Tx,
  place: { tenantId: string; grantId: string; userId?: string }
): Promise<boolean> {
  return (await takeGrant(tx, place)) !== undefined
}

/** As `revokeGrant`, and tells whose it was. */
export async function takeGrant(
  tx: Tx,
  place: { tenantId: string; grantId: string; userId?: string }
): Promise<{ userId: string; clientId: string } | undefined> {
  const { userId } = place
  const gone = await tx
    .deleteFrom('oauth_grants')
    .where('tenant_id', '=', place.tenantId)
    .where('id', '=', place.grantId)
    .$if(userId !== undefined, (query) => query.where('user_id', '=', userId ?? ''))
    .returning(['client_id', 'user_id'])
    .executeTakeFirst()
  if (!gone) return undefined
  await dropIdleAgent(tx, place.tenantId, gone.client_id)
  return { userId: gone.user_id, clientId: gone.client_id }
}

/** Ends every connected app of a user: after a change of password, at deactivation. Returns how many there were. */
export async function revokeUser(tx: Tx, place: { tenantId: string; userId: string }): Promise<number> {
  const gone = await tx
    .deleteFrom('oauth_grants')
    .where('tenant_id', '=', place.tenantId)
    .where('user_id', '=', place.userId)
    .returning('client_id')
    .execute()
  for (const clientId of new Set(gone.map((row) => row.client_id)))
    await dropIdleAgent(tx, place.tenantId, clientId)
  return gone.length
}

/** What the library calls a revocation: the grant goes, and by the foreign key all that was issued under it. */
export async function deleteGrant(tx: Tx, tenantId: string, grantId: string): Promise<void> {
  await revokeGrant(tx, { tenantId, grantId })
}

// A client made for one agent is worth nothing without its grant.
async function dropIdleAgent(tx: Tx, tenantId: string, clientId: string): Promise<void> {
  await tx
    .deleteFrom('oauth_clients')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', clientId)
    .where('kind', '=', 'agent')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('oauth_grants')
            .select('id')
            .where('tenant_id', '=', tenantId)
            .where('client_id', '=', clientId)
        )
      )
    )
    .execute()
}
