import { recordEvent } from '#server/kernel/audit.ts'
import { addSeconds } from '#server/kernel/clock.ts'
import { type Db, enterTenant, noTenant, type Tx } from '#server/kernel/db.ts'
import { deleteExpired } from '#server/kernel/expired-rows.ts'
import { type HostMeaning, workspaceUrl } from '#server/kernel/hosts.ts'
import { newTenantId } from '#server/kernel/ids.ts'
import type { Means } from '#server/kernel/means.ts'
import { foundGroups } from '../groups/group-foundation.ts'
import { addOwner } from '../people/user.ts'

export const eraseAfterSeconds = 7 * 24 * 3600

export type Workspace = {
  id: string
  domain: string | null
  isHome: boolean
  isClosed: boolean
  name: string
}

/** The address of a workspace under the public URL in force. */
export function workspaceAddress(means: Means, domain: string): string {
  return workspaceUrl(means.publicUrl, domain)
}

/** Makes the home workspace at first boot; later boots and other nodes change nothing. */
export async function ensureHome(tx: Tx, now: Date): Promise<void> {
  const made = await tx
    .insertInto('tenants')
    .values({ id: newTenantId(), is_home: true, name: 'Home', created: now })
    .onConflict((conflict) => conflict.column('is_home').where('is_home', '=', true).doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!made) return
  await enterTenant(tx, made.id)
  await foundGroups(tx, now, made.id)
}

/** The workspace that a host means. A name at rest answers as closed, so that old links do not look mistyped. */
export async function findWorkspace(db: Db, meaning: HostMeaning): Promise<Workspace | undefined> {
  if (meaning.kind === 'unknown') return undefined
  const [found] = await db.read(noTenant, (tables) => {
    const tenants = tables.selectFrom('tenants').select(['id', 'domain', 'is_home', 'name'])
    return meaning.kind === 'home'
      ? tenants.where('is_home', '=', true)
      : tenants.where('domain', '=', meaning.domain)
  })
  if (found)
    return { id: found.id, domain: found.domain, isHome: found.is_home, isClosed: false, name: found.name }
  return meaning.kind === 'home' ? undefined : findClosed(db, meaning.domain)
}

async function findClosed(db: Db, domain: string): Promise<Workspace | undefined> {
  const [rest] = await db.read(noTenant, (tables) =>
    tables.selectFrom('domain_rests').select('domain').where('domain', '=', domain)
  )
  return rest && { id: '', domain, isHome: false, isClosed: true, name: '' }
}

/**
 * Opens a workspace with its owner as super admin, inside the caller's transaction, which then acts in it.
 * Undefined when the domain was taken by a faster one: of two racing sign-ups exactly one gets it.
 */
export async function foundWorkspace(
  tx: Tx,
  means: Means,
  wish: { name: string; email: string; company: string; domain: string }
): Promise<{ tenantId: string; userId: string } | undefined> {
  const tenantId = newTenantId()
  const made = await tx
    .insertInto('tenants')
    .values({ id: tenantId, domain: wish.domain, name: wish.company, created: means.now })
    .onConflict((conflict) => conflict.column('domain').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!made) return undefined
  await enterTenant(tx, tenantId)
  await foundGroups(tx, means.now, tenantId)
  const userId = await addOwner(tx, means, tenantId, wish)
  await recordEvent(tx, means, { tenantId, kind: 'workspace-opened', actorUserId: userId })
  return { tenantId, userId }
}

/** Closes a workspace at once and frees its host; what it holds is erased after 7 days (contract §2). */
export async function closeWorkspace(tx: Tx, means: Means, tenantId: string): Promise<void> {
  await tx
    .updateTable('tenants')
    .set({ closed: means.now, domain: null, erase_after: addSeconds(means.now, eraseAfterSeconds) })
    .where('id', '=', tenantId)
    .execute()
}

/** Erases one closed workspace whose 7 days have passed, with all that hangs on it. Returns how many it was: 0 or 1. */
export async function eraseClosedWorkspace(tx: Tx, now: Date): Promise<number> {
  const due = await tx
    .selectFrom('tenants')
    .select('id')
    .where('erase_after', '<=', now)
    .orderBy('erase_after')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  if (!due) return 0
  await tx.deleteFrom('outbox').where('tenant_id', '=', due.id).execute()
  await tx.deleteFrom('signups').where('tenant_id', '=', due.id).execute()
  await tx.deleteFrom('tenants').where('id', '=', due.id).execute()
  return 1
}

/** Frees a bounded number of names whose rest is over. Returns how many. */
export function sweepDomainRests(tx: Tx, now: Date, most: number): Promise<number> {
  return deleteExpired(tx, { table: 'domain_rests', key: 'domain', due: 'until' }, now, most)
}
