import type { Updateable } from 'kysely'
import { type Actor, requireFreshPassword, requireScope, requireSuperAdmin } from '#server/kernel/actor.ts'
import { recordDeed } from '#server/kernel/audit.ts'
import type { Tx } from '#server/kernel/db.ts'
import { sqlState } from '#server/kernel/db-trouble.ts'
import { endAccess, type Means } from '#server/kernel/means.ts'
import { postLetter } from '#server/kernel/outbox.ts'
import { problem } from '#server/kernel/problem.ts'
import { refuseChanged } from '#server/kernel/record.ts'
import type { Tables } from '#server/kernel/tables.ts'
import { canonicalAddress } from '../addresses/email-address.ts'
import { killPasswordLinks } from '../people/password-link.ts'
import type { User, UserChange } from './user.schema.ts'
import { readUserFields } from './user-fields.ts'
import { addressChangedLetter } from './user-letters.ts'
import { findUserRow, showUser, type UserRow } from './user-record.ts'

/** What everybody may change of their own record; the rest is for super admins. */
const preferences: ReadonlySet<string> = new Set(['locale', 'timezone', 'darkMode', 'notifications'])

/**
 * Changes a user as far as the actor may: what is the same as before is no change. Deactivation ends every access of
 * the user. Throws USER_NOT_FOUND, USER_EMAIL_TAKEN, LAST_SUPER_ADMIN, RECORD_CHANGED, VALIDATION_FAILED and, by what
 * changes, SCOPE_TOO_NARROW, SUPER_ADMIN_REQUIRED or FRESH_PASSWORD_REQUIRED (contract §3).
 */
export async function changeUser(
  tx: Tx,
  actor: Actor,
  means: Means,
  userId: string,
  change: UserChange,
  ifMatch?: string
): Promise<User> {
  const fields = readUserFields(change)
  // All of them and in one order, so that two who demote each other wait instead of both going ahead.
  const admins = mayBar(fields) ? await lockSuperAdmins(tx, actor.tenantId) : []
  const row = await findUserRow(tx, actor.tenantId, userId, 'lock')
  const before = showUser(row)
  const changed = changedMembers(before, fields)
  refuseUnlessMay(actor, means, row, fields, changed)
  refuseChanged(ifMatch, before)
  if (changed.length === 0) return before
  if (isActingAdmin(before) && !isActingAdmin({ ...before, ...fields })) {
    if (!admins.some((id) => id !== userId)) throw problem('LAST_SUPER_ADMIN')
  }
  const after = await writeUser(tx, actor, means, userId, fields)
  if (changed.includes('email')) await afterAddressChange(tx, means, row)
  if (before.active && !after.active) await endAccess(tx, means, { tenantId: actor.tenantId, userId })
  const kind = changed.includes('active') ? activity(after) : 'user-changed'
  await recordDeed(tx, means, actor, { kind, subject: userId, note: changed.join(' ') })
  return after
}

function activity(user: User) {
  return user.active ? 'user-reactivated' : 'user-deactivated'
}

function changedMembers(before: User, fields: UserChange): string[] {
  return Object.entries(fields)
    .filter(([member, value]) => before[member as keyof User] !== value)
    .map(([member]) => member)
}

function refuseUnlessMay(
  actor: Actor,
  means: Means,
  row: UserRow,
  fields: UserChange,
  changed: string[]
): void {
  const isOwnPreference = row.id === actor.userId && changed.every((member) => preferences.has(member))
  if (isOwnPreference) {
    if (!actor.scopes.has('admin')) requireScope(actor, 'work:write')
    return
  }
  requireScope(actor, 'admin')
  requireSuperAdmin(actor)
  const grantsSuperAdmin = changed.includes('superAdmin') && fields.superAdmin === true
  const movesSuperAdmin = changed.includes('email') && row.is_super_admin
  if (grantsSuperAdmin || movesSuperAdmin) requireFreshPassword(actor, means.now)
}

function mayBar(fields: UserChange): boolean {
  return fields.superAdmin === false || fields.active === false || typeof fields.locked === 'string'
}

function isActingAdmin(user: Pick<User, 'superAdmin' | 'active' | 'locked'>): boolean {
  return user.superAdmin && user.active && user.locked === null
}

async function lockSuperAdmins(tx: Tx, tenantId: string): Promise<string[]> {
  const rows = await tx
    .selectFrom('users')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('is_super_admin', '=', true)
    .where('active', '=', true)
    .where('locked', 'is', null)
    .where('deleted', '=', false)
    .orderBy('id')
    .forUpdate()
    .execute()
  return rows.map((row) => row.id)
}

async function writeUser(
  tx: Tx,
  actor: Actor,
  means: Means,
  userId: string,
  fields: UserChange
): Promise<User> {
  await tx
    .updateTable('users')
    .set({ ...userColumns(fields), updated: means.now, updated_by: actor.userId })
    .where('tenant_id', '=', actor.tenantId)
    .where('id', '=', userId)
    .execute()
    .catch(refuseTakenAddress)
  return showUser(await findUserRow(tx, actor.tenantId, userId))
}

/** The columns of the members that are there. */
export function userColumns(fields: UserChange): Updateable<Tables['users']> {
  const columns: Updateable<Tables['users']> = {
    name: fields.name,
    email: fields.email,
    email_key: fields.email === undefined ? undefined : canonicalAddress(fields.email),
    initials: fields.initials,
    locale: fields.locale,
    timezone: fields.timezone,
    dark_mode: fields.darkMode,
    notifications: fields.notifications,
    cost_center: fields.costCenter,
    job_role: fields.jobRole,
    working_hours: fields.workingHours,
    is_super_admin: fields.superAdmin,
    active: fields.active,
    locked: typeof fields.locked === 'string' ? new Date(fields.locked) : fields.locked
  }
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined))
}

export function refuseTakenAddress(error: unknown): never {
  if (sqlState(error) === '23505') throw problem('USER_EMAIL_TAKEN')
  throw error
}

// Links are bound to the address that they were sent to. The old one hears of it: it may be the only sign of a theft.
async function afterAddressChange(tx: Tx, means: Means, before: UserRow): Promise<void> {
  await killPasswordLinks(tx, means, { tenantId: before.tenant_id, userId: before.id })
  await postLetter(tx, means, means.now, addressChangedLetter(means, before))
}
