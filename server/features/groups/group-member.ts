import { sql } from 'kysely'
import type { Tx } from '#server/kernel/db.ts'
import { problem } from '#server/kernel/problem.ts'

/** The members of some groups: group id to user ids, in the order in which the users came. */
export async function membersOf(
  tx: Tx,
  tenantId: string,
  groupIds: string[]
): Promise<Map<string, string[]>> {
  const members = new Map<string, string[]>()
  if (groupIds.length === 0) return members
  const rows = await tx
    .selectFrom('user_group_members')
    .select(['group_id', 'user_id'])
    .where('tenant_id', '=', tenantId)
    .where('group_id', 'in', groupIds)
    .orderBy('group_id')
    .orderBy('user_id')
    .execute()
  for (const { group_id, user_id } of rows) members.set(group_id, [...(members.get(group_id) ?? []), user_id])
  return members
}

/** Makes these users the members of a group, and nobody else. */
export async function replaceMembers(
  tx: Tx,
  tenantId: string,
  groupId: string,
  userIds: string[]
): Promise<void> {
  await tx
    .deleteFrom('user_group_members')
    .where('tenant_id', '=', tenantId)
    .where('group_id', '=', groupId)
    .where(sql<boolean>`user_id <> all(${userIds})`)
    .execute()
  await sql`
    insert into user_group_members (tenant_id, group_id, user_id)
    select ${tenantId}, ${groupId}, user_id from unnest(${userIds}::text[]) as wanted (user_id)
    on conflict do nothing`.execute(tx)
}

/** Puts a user into the Administrators of their workspace. */
export async function joinAdministrators(tx: Tx, tenantId: string, userId: string): Promise<void> {
  await sql`
    insert into user_group_members (tenant_id, group_id, user_id)
    select tenant_id, id, ${userId} from user_groups where tenant_id = ${tenantId} and kind = 'administrators'
    on conflict do nothing`.execute(tx)
}

/** Throws USER_NOT_FOUND unless all of them are users of this workspace. */
export async function refuseStrangers(tx: Tx, tenantId: string, userIds: string[]): Promise<void> {
  if (userIds.length === 0) return
  const { count } = await tx
    .selectFrom('users')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('tenant_id', '=', tenantId)
    .where('id', 'in', userIds)
    .where('deleted', '=', false)
    .executeTakeFirstOrThrow()
  if (Number(count) !== userIds.length) throw problem('USER_NOT_FOUND')
}
