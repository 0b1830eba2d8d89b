import { addSeconds } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import { workspaceUrl } from '#server/kernel/hosts.ts'
import { newId, newSecretToken } from '#server/kernel/ids.ts'
import { claimMailBudget } from '#server/kernel/mail-budget.ts'
import type { Means } from '#server/kernel/means.ts'
import { postLetter } from '#server/kernel/outbox.ts'
import { canonicalAddress, foldedAddress } from '../addresses/email-address.ts'
import { forgetFailures } from './password-check.ts'
import { passwordLinkLetter } from './password-letters.ts'

export const firstPasswordSeconds = 72 * 3600
const resetSeconds = 3600

/** The person whom a link belongs to. `used` says when the link set a password; it does so once. */
export type LinkHolder = { name: string; email: string; hasPassword: boolean; used: Date | null }

type Place = { tenantId: string; domain: string | null }

/**
 * Makes the one link by which a user can set a password, and answers its address; links made before die.
 * Whoever holds it may set the password once.
 */
export async function makePasswordLink(
  tx: Tx,
  means: Means,
  of: Place & { userId: string },
  lifeSeconds = firstPasswordSeconds
): Promise<string> {
  const token = newSecretToken()
  await tx
    .deleteFrom('password_links')
    .where('tenant_id', '=', of.tenantId)
    .where('user_id', '=', of.userId)
    .execute()
  await tx
    .insertInto('password_links')
    .values({
      tenant_id: of.tenantId,
      id: newId('link'),
      user_id: of.userId,
      token_hash: tokenHash(means, token),
      created: means.now,
      expires: addSeconds(means.now, lifeSeconds)
    })
    .execute()
  return `${workspaceOrigin(means, of.domain)}/password/${token}`
}

/**
 * Whom a link belongs to, used or not; undefined when it was replaced, has expired or never was. Changes nothing:
 * scanners follow links.
 */
export async function findLinkHolder(
  tx: Tx,
  means: Means,
  tenantId: string,
  token: string
): Promise<LinkHolder | undefined> {
  const row = await tx
    .selectFrom('password_links')
    .innerJoin('users', (join) =>
      join
        .onRef('users.tenant_id', '=', 'password_links.tenant_id')
        .onRef('users.id', '=', 'password_links.user_id')
    )
    .select(['users.name', 'users.email', 'users.password_hash', 'password_links.used'])
    .where('password_links.tenant_id', '=', tenantId)
    .where('password_links.token_hash', '=', tokenHash(means, token))
    .where('password_links.expires', '>', means.now)
    .where('users.deleted', '=', false)
    .executeTakeFirst()
  return row && { name: row.name, email: row.email, hasPassword: row.password_hash !== null, used: row.used }
}

/**
 * Spends a link on a new password hash, and ends a wait for wrong passwords. False when it was spent, replaced or has
 * expired: of two at once one wins.
 */
export async function spendPasswordLink(
  tx: Tx,
  means: Means,
  of: { tenantId: string; token: string; passwordHash: string }
): Promise<boolean> {
  const spent = await tx
    .updateTable('password_links')
    .set({ used: means.now })
    .where('tenant_id', '=', of.tenantId)
    .where('token_hash', '=', tokenHash(means, of.token))
    .where('used', 'is', null)
    .where('expires', '>', means.now)
    .returning('user_id')
    .executeTakeFirst()
  if (!spent) return false
  await tx
    .updateTable('users')
    .set({
      password_hash: of.passwordHash,
      password_set: means.now,
      updated: means.now,
      updated_by: spent.user_id
    })
    .where('tenant_id', '=', of.tenantId)
    .where('id', '=', spent.user_id)
    .execute()
  await forgetFailures(tx, means, { tenantId: of.tenantId, userId: spent.user_id })
  return true
}

/**
 * Mails a new link to a user of this workspace: 72 hours for a first password, 60 minutes for a reset. An unknown
 * address, or one that has had enough mail, gets nothing, and the caller is told the same (contract §1, §3).
 */
export async function mailPasswordLink(tx: Tx, means: Means, place: Place, email: string): Promise<void> {
  const user = await tx
    .selectFrom('users')
    .select(['id', 'email', 'password_hash'])
    .where('tenant_id', '=', place.tenantId)
    .where('email_key', '=', canonicalAddress(email))
    .where('deleted', '=', false)
    .executeTakeFirst()
  if (!user) return
  const budget = await claimMailBudget(tx, means, means.now, {
    kind: 'reset',
    canonicalAddress: canonicalAddress(user.email),
    foldedAddress: foldedAddress(user.email)
  })
  if (!budget.ok) return
  const lifeSeconds = user.password_hash ? resetSeconds : firstPasswordSeconds
  const passwordUrl = await makePasswordLink(tx, means, { ...place, userId: user.id }, lifeSeconds)
  const origin = workspaceOrigin(means, place.domain)
  await postLetter(
    tx,
    means,
    means.now,
    passwordLinkLetter(means, { ...place, to: user.email, origin, passwordUrl, lifeSeconds })
  )
}

function workspaceOrigin(means: Means, domain: string | null): string {
  return domain ? workspaceUrl(means.publicUrl, domain) : means.publicUrl.origin
}

function tokenHash(means: Means, token: string): Buffer {
  return means.secrets.hash('password-link', token)
}
