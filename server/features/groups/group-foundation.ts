import type { Tx } from '#server/kernel/db.ts'
import { newId } from '#server/kernel/ids.ts'
import { madeBy } from '#server/kernel/record.ts'
import { type Area, areas, roles } from './access-control.schema.ts'

const system = 'system'
const firstRoles = ['View', 'Add', 'Change', 'Delete', 'Manage', 'Plan'] as const

/** What Everyone may do in a new workspace; Administrators may do all. */
const forEveryone: Record<Area, readonly (keyof typeof roles)[]> = {
  Container: ['View'],
  Board: ['View', 'Plan'],
  Insights: ['View'],
  Finance: [],
  Docs: ['View', 'Add'],
  Timesheet: ['View', 'Add']
}

/** Makes the two system groups of a new workspace and what they may do, in the transaction that founds it. */
export async function foundGroups(tx: Tx, now: Date, tenantId: string): Promise<void> {
  const who = { tenantId, userId: system }
  const [everyone, administrators] = [newId('group'), newId('group')]
  await tx
    .insertInto('user_groups')
    .values([
      { ...madeBy(who, everyone, now), kind: 'everyone', name: 'Everyone', name_key: 'everyone' },
      {
        ...madeBy(who, administrators, now),
        kind: 'administrators',
        name: 'Administrators',
        name_key: 'administrators'
      }
    ])
    .execute()
  const controls = areas.flatMap((area) =>
    firstRoles
      .filter((role) => role !== 'Plan' || area === 'Board')
      .map((role) => ({ id: newId('access'), area, role }))
  )
  await tx
    .insertInto('access_controls')
    .values(
      controls.map(({ id, area, role }) => ({
        ...madeBy(who, id, now),
        area,
        role: roles[role],
        is_system: true
      }))
    )
    .execute()
  const grants = controls.flatMap(({ id, area, role }) =>
    forEveryone[area].includes(role)
      ? [
          { id, group: administrators },
          { id, group: everyone }
        ]
      : [{ id, group: administrators }]
  )
  await tx
    .insertInto('access_control_groups')
    .values(grants.map(({ id, group }) => ({ tenant_id: tenantId, access_control_id: id, group_id: group })))
    .execute()
}
