import type { Selectable } from 'kysely'
import { type Actor, requireFreshPassword, requireSuperAdmin } from '#server/kernel/actor.ts'
import { recordDeed } from '#server/kernel/audit.ts'
import type { Tx } from '#server/kernel/db.ts'
import type { Means } from '#server/kernel/means.ts'
import { problem } from '#server/kernel/problem.ts'
import { refuseChanged, systemMembersOf } from '#server/kernel/record.ts'
import type { Tables } from '#server/kernel/tables.ts'
import type { FormsAuth, FormsAuthChange, FormsAuthRules } from './forms-auth.schema.ts'

type FormsAuthRow = Selectable<Tables['forms_auth']>

// A workspace has one such record, so its name is its id.
const id = 'config_forms_auth'

/** The rules of a workspace that never changed them (contract §3). */
export const defaultFormsAuth: FormsAuthRules = {
  active: true,
  passwordChangeInterval: 0,
  passwordMinimumLength: 8,
  passwordMaximumLength: 40,
  passwordRequireNumber: true,
  passwordRequireUppercaseLetter: true,
  passwordRequireLowercaseLetter: true,
  passwordRequireSymbol: false,
  twoFactorAuth: false,
  twoFactorAuthCodeSize: 6
}

/** How people sign in by password here; for pages and rules that judge a password. */
export async function readFormsAuthRules(tx: Tx, tenantId: string): Promise<FormsAuthRules> {
  const row = await findRow(tx, tenantId)
  return row ? rulesOf(row) : defaultFormsAuth
}

/** The record. Throws SUPER_ADMIN_REQUIRED. */
export async function readFormsAuth(tx: Tx, actor: Actor): Promise<FormsAuth> {
  requireSuperAdmin(actor)
  return show(tx, actor.tenantId, await findRow(tx, actor.tenantId))
}

/**
 * Changes the rules. Throws SUPER_ADMIN_REQUIRED, RECORD_CHANGED, VALIDATION_FAILED, and FRESH_PASSWORD_REQUIRED when
 * the second factor is switched off (contract §3).
 */
export async function changeFormsAuth(
  tx: Tx,
  actor: Actor,
  means: Means,
  change: FormsAuthChange,
  ifMatch?: string
): Promise<FormsAuth> {
  requireSuperAdmin(actor)
  const { tenantId } = actor
  // Made first if it is not there, so that there is a row to lock.
  await tx
    .insertInto('forms_auth')
    .values({ ...(await firstRow(tx, tenantId)), ...columnsOf(defaultFormsAuth) })
    .onConflict((conflict) => conflict.column('tenant_id').doNothing())
    .execute()
  const row = await findRow(tx, tenantId, 'lock')
  const before = row ? rulesOf(row) : defaultFormsAuth
  const after = { ...before, ...change }
  if (before.twoFactorAuth && !after.twoFactorAuth) requireFreshPassword(actor, means.now)
  refuseChanged(ifMatch, await show(tx, tenantId, row))
  if (after.passwordMaximumLength < after.passwordMinimumLength)
    throw problem('VALIDATION_FAILED', { fields: [{ field: 'passwordMaximumLength', code: 'invalid' }] })
  await tx
    .updateTable('forms_auth')
    .set({ ...columnsOf(after), updated: means.now, updated_by: actor.userId })
    .where('tenant_id', '=', tenantId)
    .execute()
  const note = Object.keys(change).join(' ')
  await recordDeed(tx, means, actor, { kind: 'settings-changed', subject: id, note })
  return show(tx, tenantId, await findRow(tx, tenantId))
}

async function findRow(tx: Tx, tenantId: string, lock?: 'lock'): Promise<FormsAuthRow | undefined> {
  const query = tx.selectFrom('forms_auth').selectAll().where('tenant_id', '=', tenantId)
  return (lock ? query.forUpdate() : query).executeTakeFirst()
}

async function show(tx: Tx, tenantId: string, row: FormsAuthRow | undefined): Promise<FormsAuth> {
  const system = systemMembersOf({ id, ...(row ?? (await firstRow(tx, tenantId))) }, 'formsAuth')
  return { ...system, ...(row ? rulesOf(row) : defaultFormsAuth) }
}

// Until somebody changes the rules they are as old as the workspace.
async function firstRow(tx: Tx, tenantId: string) {
  const { created } = await tx
    .selectFrom('tenants')
    .select('created')
    .where('id', '=', tenantId)
    .executeTakeFirstOrThrow()
  const system = 'system'
  return { tenant_id: tenantId, created, created_by: system, updated: created, updated_by: system }
}

function rulesOf(row: FormsAuthRow): FormsAuthRules {
  return {
    active: row.active,
    passwordChangeInterval: row.password_change_interval,
    passwordMinimumLength: row.password_minimum_length,
    passwordMaximumLength: row.password_maximum_length,
    passwordRequireNumber: row.password_require_number,
    passwordRequireUppercaseLetter: row.password_require_uppercase_letter,
    passwordRequireLowercaseLetter: row.password_require_lowercase_letter,
    passwordRequireSymbol: row.password_require_symbol,
    twoFactorAuth: row.two_factor_auth,
    twoFactorAuthCodeSize: row.two_factor_auth_code_size
  }
}

function columnsOf(rules: FormsAuthRules) {
  return {
    active: rules.active,
    password_change_interval: rules.passwordChangeInterval,
    password_minimum_length: rules.passwordMinimumLength,
    password_maximum_length: rules.passwordMaximumLength,
    password_require_number: rules.passwordRequireNumber,
    password_require_uppercase_letter: rules.passwordRequireUppercaseLetter,
    password_require_lowercase_letter: rules.passwordRequireLowercaseLetter,
    password_require_symbol: rules.passwordRequireSymbol,
    two_factor_auth: rules.twoFactorAuth,
    two_factor_auth_code_size: rules.twoFactorAuthCodeSize
  }
}
