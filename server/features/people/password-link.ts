import { addSeconds } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import { tenantOrigin } from '#server/kernel/hosts.ts'
import { newId, newSecretToken } from '#server/kernel/ids.ts'
import { claimMailBudget } from '#server/kernel/mail-budget.ts'
import type { Means } from '#server/kernel/means.ts'
import { postLetter } from '#server/kernel/outbox.ts'
import { canonicalAddress, foldedAddress } from '../addresses/email-address.ts'
import { setPassword } from '../sign-in/password-change.ts'
import { passwordLinkLetter } from './password-letters.ts'
import { type PasswordRules, readPasswordRules } from './password-rules.ts'

export const firstPasswordSeconds = 72 * 3600
const resetSeconds = 3600

/** The person whom a link belongs to. `used` says when the link set a password; it does so once. */
export type LinkHolder = {
  userId: string
  name: string
  email: string
  hasPassword: boolean
  used: Date | null
  /** What a password must have in this workspace. */
  rules: PasswordRules
}

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
  await killPasswordLinks(tx, means, of)
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
  return `${tenantOrigin(means.publicUrl, of)}/password/${token}`
}

/** Ends the links of a user, unused ones too. */
export async function killPasswordLinks(
  tx: Tx,
  _means: Means,
  of: { tenantId: string; userId: string }
): Promise<void> {
  await tx
    .deleteFrom('password_links')
    .where('tenant_id', '=', of.tenantId)
    .where('user_id', '=', of.userId)
    .execute()
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
    .select(['users.id', 'users.name', 'users.email', 'users.password_hash', 'password_links.used'])
    .where('password_links.tenant_id', '=', tenantId)
    .where('password_links.token_hash', '=', tokenHash(means, token))
    .where('password_links.expires', '>', means.now)
    .where('users.deleted', '=', false)
    .executeTakeFirst()
  if (!row) return undefined
  const { id: userId, name, email, used } = row
  const rules = await readPasswordRules(tx, tenantId)
  return { userId, name, email, hasPassword: row.password_hash !== null, used, rules }
}

/**
 * Spends a link on a new password hash, and answers whose it is. Undefined when it was spent, replaced or has expired:
 * of two at once one wins.
 */
export async function spendPasswordLink(
  tx: Tx,
  means: Means,
  of: Place & { token: string; passwordHash: string; clientAddress: string }
): Promise<string | undefined> {
  const { tenantId, passwordHash, clientAddress } = of
  const spent = await tx
    .updateTable('password_links')
    .set({ used: means.now })
    .where('tenant_id', '=', tenantId)
    .where('token_hash', '=', tokenHash(means, of.token))
    .where('used', 'is', null)
    .where('expires', '>', means.now)
    .returning('user_id')
    .executeTakeFirst()
  if (!spent) return undefined
  const userId = spent.user_id
  const origin = tenantOrigin(means.publicUrl, of)
  await setPassword(tx, means, {
    tenantId,
    userId,
    passwordHash,
    kind: 'password-set',
    origin,
    clientAddress
  })
  return userId
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
    .where('active', '=', true)
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
  const origin = tenantOrigin(means.publicUrl, place)
  await postLetter(
    tx,
    means,
    means.now,
    passwordLinkLetter(means, { ...place, to: user.email, origin, passwordUrl, lifeSeconds })
  )
}

function tokenHash(means: Means, token: string): Buffer {
  return means.secrets.hash('password-link', token)
}
