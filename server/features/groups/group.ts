import { type Selectable, sql } from 'kysely'
import { type Actor, requireSuperAdmin } from '#server/kernel/actor.ts'
import { recordDeed } from '#server/kernel/audit.ts'
import type { Tx } from '#server/kernel/db.ts'
import { sqlState } from '#server/kernel/db-trouble.ts'
import { newId } from '#server/kernel/ids.ts'
import type { Means } from '#server/kernel/means.ts'
import { hasForbiddenCharacters } from '#server/kernel/plain-text.ts'
import { problem } from '#server/kernel/problem.ts'
import type { ListQuery, Removed } from '#server/kernel/record.schema.ts'
import {
  choiceNumber,
  cutPage,
  madeBy,
  type Page,
  readCursor,
  refuseChanged,
  removed,
  rowsToRead,
  systemMembersOf
} from '#server/kernel/record.ts'
import type { Tables } from '#server/kernel/tables.ts'
import { type Group, type GroupChange, groupTypes, type NewGroup } from './group.schema.ts'
import { membersOf, refuseStrangers, replaceMembers } from './group-member.ts'

type GroupRow = Selectable<Tables['user_groups']>

const typeOf = {
  custom: groupTypes.Custom,
  everyone: groupTypes.Everyone,
  administrators: groupTypes.Administrators
}

/** The groups of the workspace by name, with their members. */
export async function listGroups(tx: Tx, actor: Actor, query: ListQuery): Promise<Page<Group>> {
  const [name, id] = readCursor(query, 2) ?? []
  const rows = await tx
    .selectFrom('user_groups')
    .selectAll()
    .where('tenant_id', '=', actor.tenantId)
    .where('deleted', '=', false)
    .$if(name !== undefined, (groups) => groups.where(sql<boolean>`(name_key, id) > (${name}, ${id})`))
    .orderBy('name_key')
    .orderBy('id')
    .limit(rowsToRead(query))
    .execute()
  const page = cutPage(query, rows, (row) => [row.name_key, row.id])
  const members = await membersOf(
    tx,
    actor.tenantId,
    page.rows.map((row) => row.id)
  )
  return { ...page, rows: page.rows.map((row) => showGroup(row, members.get(row.id) ?? [])) }
}

/** One group. Throws GROUP_NOT_FOUND. */
export async function readGroup(tx: Tx, actor: Actor, groupId: string): Promise<Group> {
  const row = await findGroupRow(tx, actor.tenantId, groupId)
  return showGroup(row, (await membersOf(tx, actor.tenantId, [row.id])).get(row.id) ?? [])
}

/** Makes a group. Throws SUPER_ADMIN_REQUIRED, GROUP_NAME_TAKEN, USER_NOT_FOUND, VALIDATION_FAILED. */
export async function addGroup(tx: Tx, actor: Actor, means: Means, wish: NewGroup): Promise<Group> {
  requireSuperAdmin(actor)
  if (wish.type !== undefined && choiceNumber(groupTypes, wish.type) !== groupTypes.Custom)
    throw problem('VALIDATION_FAILED', { fields: [{ field: 'type', code: 'not_allowed' }] })
  const id = newId('group')
  const name = readName(wish.name)
  await tx
    .insertInto('user_groups')
    .values({
      ...madeBy(actor, id, means.now),
      kind: 'custom',
      name,
      name_key: nameKey(name),
      description: readDescription(wish.description ?? '')
    })
    .execute()
    .catch(refuseTakenName)
  await setMembers(tx, actor, id, wish.member ?? [])
  await recordDeed(tx, means, actor, { kind: 'group-changed', subject: id, note: 'made' })
  return readGroup(tx, actor, id)
}

/**
 * Changes a group; members that are left out stay. Throws as `addGroup` and GROUP_NOT_FOUND, GROUP_IS_SYSTEM,
 * RECORD_CHANGED.
 */
export async function changeGroup(
  tx: Tx,
  actor: Actor,
  means: Means,
  groupId: string,
  change: GroupChange,
  ifMatch?: string
): Promise<Group> {
  requireSuperAdmin(actor)
  const row = await findGroupRow(tx, actor.tenantId, groupId, 'lock')
  const before = await readGroup(tx, actor, groupId)
  refuseChanged(ifMatch, before)
  const name = change.name === undefined ? before.name : readName(change.name)
  const member = change.member ?? before.member
  const type = change.type === undefined ? before.type : choiceNumber(groupTypes, change.type)
  if (type !== before.type)
    throw problem('VALIDATION_FAILED', { fields: [{ field: 'type', code: 'not_allowed' }] })
  const isRenamed = name !== before.name
  if ((row.kind !== 'custom' && isRenamed) || (row.kind === 'everyone' && member.length > 0))
    throw problem('GROUP_IS_SYSTEM')
  const description = readDescription(change.description ?? before.description)
  await tx
    .updateTable('user_groups')
    .set({ name, name_key: nameKey(name), description, updated: means.now, updated_by: actor.userId })
    .where('tenant_id', '=', actor.tenantId)
    .where('id', '=', groupId)
    .execute()
    .catch(refuseTakenName)
  if (change.member) await setMembers(tx, actor, groupId, change.member)
  await recordDeed(tx, means, actor, { kind: 'group-changed', subject: groupId })
  return readGroup(tx, actor, groupId)
}

/** Removes a group that holds no rights. Throws SUPER_ADMIN_REQUIRED, GROUP_NOT_FOUND, GROUP_IS_SYSTEM, GROUP_IN_USE. */
export async function removeGroup(tx: Tx, actor: Actor, means: Means, groupId: string): Promise<Removed> {
  requireSuperAdmin(actor)
  const row = await findGroupRow(tx, actor.tenantId, groupId, 'lock')
  if (row.kind !== 'custom') throw problem('GROUP_IS_SYSTEM')
  const uses = await tx
    .selectFrom('access_control_groups')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('tenant_id', '=', actor.tenantId)
    .where('group_id', '=', groupId)
    .executeTakeFirstOrThrow()
  if (Number(uses.count) > 0) throw problem('GROUP_IN_USE', { members: { count: Number(uses.count) } })
  await replaceMembers(tx, actor.tenantId, groupId, [])
  await tx
    .updateTable('user_groups')
    .set({ deleted: true, updated: means.now, updated_by: actor.userId })
    .where('tenant_id', '=', actor.tenantId)
    .where('id', '=', groupId)
    .execute()
  await recordDeed(tx, means, actor, { kind: 'group-changed', subject: groupId, note: 'removed' })
  return removed(groupId)
}

async function findGroupRow(tx: Tx, tenantId: string, groupId: string, lock?: 'lock'): Promise<GroupRow> {
  const query = tx
    .selectFrom('user_groups')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', groupId)
    .where('deleted', '=', false)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  if (!row) throw problem('GROUP_NOT_FOUND')
  return row
}

function showGroup(row: GroupRow, member: string[]): Group {
  const { name, description } = row
  return { ...systemMembersOf(row, 'userGroup'), name, description, member, type: typeOf[row.kind] }
}

async function setMembers(tx: Tx, actor: Actor, groupId: string, userIds: string[]): Promise<void> {
  const wanted = [...new Set(userIds)]
  await refuseStrangers(tx, actor.tenantId, wanted)
  await replaceMembers(tx, actor.tenantId, groupId, wanted)
}

function readName(text: string): string {
  const name = text.normalize('NFC').trim()
  const code = name === '' ? 'required' : hasForbiddenCharacters(name) ? 'invalid' : undefined
  if (code) throw problem('VALIDATION_FAILED', { fields: [{ field: 'name', code }] })
  return name
}

// Lines are welcome here, other control characters are not.
function readDescription(text: string): string {
  if (hasForbiddenCharacters(text.replace(/[\n\t]/g, '')))
    throw problem('VALIDATION_FAILED', { fields: [{ field: 'description', code: 'invalid' }] })
  return text.trim()
}

function nameKey(name: string): string {
  return name.toLowerCase()
}

function refuseTakenName(error: unknown): never {
  if (sqlState(error) === '23505') throw problem('GROUP_NAME_TAKEN')
  throw error
}
