import { type Db, enterTenant, noTenant, type Tx } from '#server/kernel/db.ts'
import type { Means } from '#server/kernel/means.ts'
import { problem } from '#server/kernel/problem.ts'
import { addOwner } from '../people/user.ts'

/** Whether the first-run wizard has run. Asked anew each time: another server may have taken the claim. */
export async function isHomeClaimed(db: Db): Promise<boolean> {
  const [install] = await db.read(noTenant, (tables) => tables.selectFrom('install').select('claimed'))
  return install?.claimed instanceof Date
}

/**
 * Gives the home workspace its name and its owner, who is super admin, and keeps the public URL, inside the caller's
 * transaction, which then acts in that workspace. `undefined` keeps none: the setting goes on counting. Throws
 * `STARTUP_DONE`: of claims at once the row of the install lets exactly one through, over all servers.
 */
export async function claimHome(
  tx: Tx,
  means: Means,
  claim: {
    organization: string
    owner: { name: string; email: string; passwordHash: string }
    storedUrl: URL | undefined
  }
): Promise<{ tenantId: string; userId: string }> {
  const claimed = await tx
    .updateTable('install')
    .set({ claimed: means.now, public_url: claim.storedUrl?.origin ?? null })
    .where('claimed', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (!claimed) throw problem('STARTUP_DONE')
  const { id: tenantId } = await tx
    .updateTable('tenants')
    .set({ name: claim.organization })
    .where('is_home', '=', true)
    .returning('id')
    .executeTakeFirstOrThrow()
  await enterTenant(tx, tenantId)
  return { tenantId, userId: await addOwner(tx, means, tenantId, claim.owner) }
}

/** Whether a workspace other than home is open, at a name below the public host. */
export async function hasOtherWorkspaces(tx: Tx): Promise<boolean> {
  const other = await tx
    .selectFrom('tenants')
    .select('id')
    .where('is_home', '=', false)
    .where('closed', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return other !== undefined
}
