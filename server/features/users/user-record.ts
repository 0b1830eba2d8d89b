import type { Selectable } from 'kysely'
import type { Actor } from '#server/kernel/actor.ts'
import type { Tx } from '#server/kernel/db.ts'
import { problem } from '#server/kernel/problem.ts'
import type { ListQuery } from '#server/kernel/record.schema.ts'
import { cutPage, type Page, readCursor, rowsToRead, systemMembersOf } from '#server/kernel/record.ts'
import type { Tables } from '#server/kernel/tables.ts'
import type { ListedUser, Me, User } from './user.schema.ts'

export type UserRow = Omit<Selectable<Tables['users']>, 'password_hash'>

const columns = [
  'tenant_id',
  'id',
  'name',
  'email',
  'email_key',
  'is_super_admin',
  'password_set',
  'initials',
  'locale',
  'timezone',
  'dark_mode',
  'notifications',
  'cost_center',
  'job_role',
  'working_hours',
  'active',
  'locked',
  'created',
  'created_by',
  'updated',
  'updated_by',
  'deleted'
] as const

/** The row of a user of this workspace, locked for a change if asked. Throws USER_NOT_FOUND. */
export async function findUserRow(tx: Tx, tenantId: string, userId: string, lock?: 'lock'): Promise<UserRow> {
  const query = tx
    .selectFrom('users')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .where('deleted', '=', false)
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst()
  if (!row) throw problem('USER_NOT_FOUND')
  return row
}

/** The whole record, for the user and for super admins. */
export function showUser(row: UserRow): User {
  return {
    ...systemMembersOf(row, 'user'),
    name: row.name,
    email: row.email,
    initials: row.initials,
    locale: row.locale,
    timezone: row.timezone,
    darkMode: row.dark_mode,
    notifications: row.notifications,
    costCenter: row.cost_center,
    jobRole: row.job_role,
    workingHours: row.working_hours,
    superAdmin: row.is_super_admin,
    active: row.active,
    locked: row.locked?.toISOString() ?? null
  }
}

/** One user. Throws USER_NOT_FOUND, and SUPER_ADMIN_REQUIRED for a colleague's whole record. */
export async function readUser(tx: Tx, actor: Actor, userId: string): Promise<User> {
  const row = await findUserRow(tx, actor.tenantId, userId)
  if (row.id !== actor.userId && !actor.isSuperAdmin) throw problem('SUPER_ADMIN_REQUIRED')
  return showUser(row)
}

export async function readMe(tx: Tx, actor: Actor): Promise<Me> {
  const { kind, name, marker } = actor.client
  return {
    ...showUser(await findUserRow(tx, actor.tenantId, actor.userId)),
    scopes: [...actor.scopes],
    client: { kind, name, marker }
  }
}

/** Everybody in the workspace, in the order in which they came. */
export async function listUsers(tx: Tx, actor: Actor, query: ListQuery): Promise<Page<ListedUser>> {
  const after = readCursor(query, 1)
  const rows = await tx
    .selectFrom('users')
    .select(columns)
    .where('tenant_id', '=', actor.tenantId)
    .where('deleted', '=', false)
    .$if(after !== undefined, (users) => users.where('id', '>', after?.[0] ?? ''))
    .orderBy('id')
    .limit(rowsToRead(query))
    .execute()
  const page = cutPage(query, rows, (row) => [row.id])
  return { ...page, rows: page.rows.map((row) => showListed(row, actor)) }
}

function showListed(row: UserRow, actor: Actor): ListedUser {
  const user = showUser(row)
  if (actor.isSuperAdmin || row.id === actor.userId) return user
  return { ...user, notifications: null, costCenter: null, workingHours: null }
}
