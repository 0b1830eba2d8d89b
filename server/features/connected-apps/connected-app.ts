import { recordEvent } from '#server/kernel/audit.ts'
import type { Tx } from '#server/kernel/db.ts'
import type { Means } from '#server/kernel/means.ts'
import { type ConnectedApp, listGrants, revokeGrant } from '../oauth/oauth-grant.ts'

type Owner = { tenantId: string; userId: string }

const appsPerPage = 20
const mostAtOnce = 50

/** Some of a person's connected apps, newest first, and the cursor of the next ones while there are more. */
export async function listApps(
  tx: Tx,
  means: Means,
  owner: Owner,
  before: string | undefined
): Promise<{ apps: ConnectedApp[]; next: string | undefined }> {
  const options = before === undefined ? {} : { before }
  const found = await listGrants(tx, means.now, owner, { most: appsPerPage + 1, ...options })
  const apps = found.slice(0, appsPerPage)
  return { apps, next: found.length > appsPerPage ? apps.at(-1)?.grantId : undefined }
}

/**
 * Takes back what a person gave an app; the keys it made end with it. Refused within 10 seconds everywhere (contract §3).
 * What is not theirs, or gone already, changes nothing.
 */
export async function disconnectApp(
  tx: Tx,
  means: Means,
  owner: Owner,
  grantId: string,
  clientAddress: string
): Promise<void> {
  const { tenantId, userId } = owner
  if (!(await revokeGrant(tx, { tenantId, userId, grantId }))) return
  const entry = { tenantId, actorUserId: userId, subject: grantId, clientAddress }
  await recordEvent(tx, means, { ...entry, kind: 'app-disconnected' })
}

/** The agents that already act for somebody who sets their first password (contract §2). */
export function agentsOf(tx: Tx, means: Means, owner: Owner): Promise<ConnectedApp[]> {
  return listGrants(tx, means.now, owner, { most: mostAtOnce })
}
