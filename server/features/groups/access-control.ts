import { type Selectable, sql } from 'kysely'
import { type Actor, requireSuperAdmin } from '#server/kernel/actor.ts'
import { recordDeed } from '#server/kernel/audit.ts'
import type { Tx } from '#server/kernel/db.ts'
import { sqlState } from '#server/kernel/db-trouble.ts'
import { newId } from '#server/kernel/ids.ts'
import type { Means } from '#server/kernel/means.ts'
import { problem } from '#server/kernel/problem.ts'
import { choiceNumber, madeBy, refuseChanged, systemMembersOf } from '#server/kernel/record.ts'
import type { Tables } from '#server/kernel/tables.ts'
import {
  type AccessControl,
  type AccessControlChange,
  areas,
  type NewAccessControl,
  roles
} from './access-control.schema.ts'

type AccessControlRow = Selectable<Tables['access_controls']>

/** Every role of every area with its groups. There are as many as areas and roles, so the list needs no pages. */
export async function listAccessControls(tx: Tx, actor: Actor): Promise<AccessControl[]> {
  const rows = await tx
    .selectFrom('access_controls')
    .selectAll()
    .where('tenant_id', '=', actor.tenantId)
    .orderBy('area')
    .orderBy('role')
    .limit(areas.length * Object.keys(roles).length)
    .execute()
  const groups = await groupsOf(
    tx,
    actor.tenantId,
    rows.map((row) => row.id)
  )
  return rows.map((row) => show(row, groups.get(row.id) ?? []))
}

/** One role of one area. Throws ACCESS_CONTROL_NOT_FOUND. */
export async function readAccessControl(tx: Tx, actor: Actor, id: string): Promise<AccessControl> {
  const row = await findRow(tx, actor.tenantId, id)
  return show(row, (await groupsOf(tx, actor.tenantId, [id])).get(id) ?? [])
}

/**
 * Gives groups a role that the area did not have yet. Throws SUPER_ADMIN_REQUIRED, ACCESS_CONTROL_EXISTS,
 * GROUP_NOT_FOUND, VALIDATION_FAILED.
 */
export async function addAccessControl(
  tx: Tx,
  actor: Actor,
  means: Means,
  wish: NewAccessControl
): Promise<AccessControl> {
  requireSuperAdmin(actor)
  const { area } = wish
  const role = choiceNumber(roles, wish.role)
  if (role === roles.Plan && area !== 'Board') throw notAllowed('role')
  const id = newId('access')
  await tx
    .insertInto('access_controls')
    .values({ ...madeBy(actor, id, means.now), area, role })
    .execute()
    .catch((error: unknown) => {
      throw sqlState(error) === '23505' ? problem('ACCESS_CONTROL_EXISTS') : error
    })
  await setGroups(tx, actor, id, wish.userGroup)
  await recordDeed(tx, means, actor, { kind: 'access-changed', subject: id, note: `${area} ${role}` })
  return readAccessControl(tx, actor, id)
}

/**
 * Says which groups have a role. Throws SUPER_ADMIN_REQUIRED, ACCESS_CONTROL_NOT_FOUND, GROUP_NOT_FOUND,
 * RECORD_CHANGED, VALIDATION_FAILED when area or role differ from the record's.
 */
export async function changeAccessControl(
  tx: Tx,
  actor: Actor,
  means: Means,
  id: string,
  change: AccessControlChange,
  ifMatch?: string
): Promise<AccessControl> {
  requireSuperAdmin(actor)
  const row = await findRow(tx, actor.tenantId, id, 'lock')
  refuseChanged(ifMatch, await readAccessControl(tx, actor, id))
  if (change.area !== undefined && change.area !== row.area) throw notAllowed('area')
  if (change.role !== undefined && choiceNumber(roles, change.role) !== row.role) throw notAllowed('role')
  await setGroups(tx, actor, id, change.userGroup)
  await tx
    .updateTable('access_controls')
    .set({ updated: means.now, updated_by: actor.userId })
    .where('tenant_id', '=', actor.tenantId)
    .where('id', '=', id)
    .execute()
  const note = `${row.area} ${row.role}`
  await recordDeed(tx, means, actor, { kind: 'access-changed', subject: id, note })
  return readAccessControl(tx, actor, id)
}

async function findRow(tx: Tx, tenantId: string, id: string, lock?: 'lock'): Promise<AccessControlRow> {
  const query = tx
    .selectFrom('access_controls')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  if (!row) throw problem('ACCESS_CONTROL_NOT_FOUND')
  return row
}

async function groupsOf(tx: Tx, tenantId: string, ids: string[]): Promise<Map<string, string[]>> {
  const groups = new Map<string, string[]>()
  if (ids.length === 0) return groups
  const rows = await tx
    .selectFrom('access_control_groups')
    .select(['access_control_id', 'group_id'])
    .where('tenant_id', '=', tenantId)
    .where('access_control_id', 'in', ids)
    .orderBy('access_control_id')
    .orderBy('group_id')
    .execute()
  for (const { access_control_id, group_id } of rows)
    groups.set(access_control_id, [...(groups.get(access_control_id) ?? []), group_id])
  return groups
}

async function setGroups(tx: Tx, actor: Actor, id: string, groupIds: string[]): Promise<void> {
  const { tenantId } = actor
  const wanted = [...new Set(groupIds)].sort()
  await lockGroups(tx, tenantId, wanted)
  await tx
    .deleteFrom('access_control_groups')
    .where('tenant_id', '=', tenantId)
    .where('access_control_id', '=', id)
    .execute()
  await sql`
    insert into access_control_groups (tenant_id, access_control_id, group_id)
    select ${tenantId}, ${id}, group_id from unnest(${wanted}::text[]) as wanted (group_id)`.execute(tx)
}

// Locked until the end, so that no group is removed while it is given a role.
async function lockGroups(tx: Tx, tenantId: string, groupIds: string[]): Promise<void> {
  if (groupIds.length === 0) return
  const rows = await tx
    .selectFrom('user_groups')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', 'in', groupIds)
    .where('deleted', '=', false)
    .orderBy('id')
    .forShare()
    .execute()
  if (rows.length !== groupIds.length) throw problem('GROUP_NOT_FOUND')
}

function show(row: AccessControlRow, userGroup: string[]): AccessControl {
  const { id, area, role, is_system: isSystem } = row
  return { ...systemMembersOf(row, 'accessControl'), accessControlId: id, area, role, userGroup, isSystem }
}

function notAllowed(field: string) {
  return problem('VALIDATION_FAILED', { fields: [{ field, code: 'not_allowed' }] })
}
