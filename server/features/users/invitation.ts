import { type Actor, requireFreshPassword, requireSuperAdmin } from '#server/kernel/actor.ts'
import { recordDeed } from '#server/kernel/audit.ts'
import type { Tx } from '#server/kernel/db.ts'
import { tenantOrigin } from '#server/kernel/hosts.ts'
import { newId } from '#server/kernel/ids.ts'
import { claimMailBudget } from '#server/kernel/mail-budget.ts'
import type { Means } from '#server/kernel/means.ts'
import { postLetter } from '#server/kernel/outbox.ts'
import { problem } from '#server/kernel/problem.ts'
import { madeBy } from '#server/kernel/record.ts'
import { canonicalAddress, foldedAddress } from '../addresses/email-address.ts'
import { firstPasswordSeconds, makePasswordLink } from '../people/password-link.ts'
import type { NewUser, User } from './user.schema.ts'
import { refuseTakenAddress, userColumns } from './user-change.ts'
import { initialsOf, readUserFields } from './user-fields.ts'
import { invitationLetter } from './user-letters.ts'
import { findUserRow, showUser } from './user-record.ts'

/**
 * Adds a user and mails them a link that sets their first password, for 72 hours. Throws SUPER_ADMIN_REQUIRED,
 * FRESH_PASSWORD_REQUIRED for a new super admin, USER_EMAIL_TAKEN, VALIDATION_FAILED, and RATE_LIMITED when the
 * workspace has mailed enough for today.
 */
export async function inviteUser(tx: Tx, actor: Actor, means: Means, wish: NewUser): Promise<User> {
  requireSuperAdmin(actor)
  if (wish.superAdmin) requireFreshPassword(actor, means.now)
  const fields = readUserFields(wish)
  const name = fields.name ?? wish.name
  const email = fields.email ?? wish.email
  const id = newId('user')
  await tx
    .insertInto('users')
    .values({
      ...userColumns({ ...fields, initials: fields.initials || initialsOf(name) }),
      ...madeBy(actor, id, means.now),
      name,
      email,
      email_key: canonicalAddress(email),
      is_super_admin: fields.superAdmin ?? false
    })
    .execute()
    .catch(refuseTakenAddress)
  const row = await findUserRow(tx, actor.tenantId, id)
  if (row.active) await mailInvitation(tx, actor, means, { userId: id, email })
  await recordDeed(tx, means, actor, { kind: 'user-invited', subject: id })
  return showUser(row)
}

async function mailInvitation(
  tx: Tx,
  actor: Actor,
  means: Means,
  invited: { userId: string; email: string }
): Promise<void> {
  const { tenantId } = actor
  const tenant = await tx
    .selectFrom('tenants')
    .select(['id', 'domain', 'created'])
    .where('id', '=', tenantId)
    .executeTakeFirstOrThrow()
  const budget = await claimMailBudget(tx, means, means.now, {
    kind: 'tenant',
    canonicalAddress: canonicalAddress(invited.email),
    foldedAddress: foldedAddress(invited.email),
    tenant
  })
  if (!budget.ok) throw problem('RATE_LIMITED', { retryAfterSeconds: budget.retryAfterSeconds })
  const { email: inviter } = await findUserRow(tx, tenantId, actor.userId)
  const place = { tenantId, domain: tenant.domain }
  const letter = {
    tenantId,
    to: invited.email,
    origin: tenantOrigin(means.publicUrl, tenant),
    inviter,
    passwordUrl: await makePasswordLink(tx, means, { ...place, userId: invited.userId }),
    lifeSeconds: firstPasswordSeconds
  }
  await postLetter(tx, means, means.now, invitationLetter(means, letter))
}
