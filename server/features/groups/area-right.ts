import type { Actor } from '#server/kernel/actor.ts'
import type { Tx } from '#server/kernel/db.ts'
import { type Area, roles } from './access-control.schema.ts'

/** The roles of which each alone is enough for what is asked. */
function rolesThatAllow(role: keyof typeof roles): number[] {
  const wider: Partial<Record<keyof typeof roles, number>> = {
    ChangeOwn: roles.Change,
    DeleteOwn: roles.Delete
  }
  return [...new Set([roles[role], wider[role] ?? roles.Manage, roles.Manage])]
}

/**
 * Whether the actor has a role in an area of the application, by one of their groups. Super admins have all, Manage
 * holds all others, Change holds ChangeOwn and Delete DeleteOwn. Scopes are not asked here: doors do.
 */
export async function mayInArea(
  tx: Tx,
  actor: Actor,
  area: Area,
  role: keyof typeof roles
): Promise<boolean> {
  if (actor.isSuperAdmin) return true
  const grant = await tx
    .selectFrom('access_controls')
    .innerJoin('access_control_groups', (join) =>
      join
        .onRef('access_control_groups.tenant_id', '=', 'access_controls.tenant_id')
        .onRef('access_control_groups.access_control_id', '=', 'access_controls.id')
    )
    .innerJoin('user_groups', (join) =>
      join
        .onRef('user_groups.tenant_id', '=', 'access_control_groups.tenant_id')
        .onRef('user_groups.id', '=', 'access_control_groups.group_id')
    )
    .leftJoin('user_group_members', (join) =>
      join
        .onRef('user_group_members.tenant_id', '=', 'user_groups.tenant_id')
        .onRef('user_group_members.group_id', '=', 'user_groups.id')
        .on('user_group_members.user_id', '=', actor.userId)
    )
    .select('access_controls.id')
    .where('access_controls.tenant_id', '=', actor.tenantId)
    .where('access_controls.area', '=', area)
    .where('access_controls.role', 'in', rolesThatAllow(role))
    .where('user_groups.deleted', '=', false)
    .where(({ or, eb }) =>
      or([eb('user_groups.kind', '=', 'everyone'), eb('user_group_members.user_id', 'is not', null)])
    )
    .limit(1)
    .executeTakeFirst()
  return grant !== undefined
}
