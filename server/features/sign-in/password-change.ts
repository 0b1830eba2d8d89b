import type { AuditKind } from '#server/kernel/audit.ts'
import { recordEvent } from '#server/kernel/audit.ts'
import { addSeconds } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import type { Means } from '#server/kernel/means.ts'
import { postLetter } from '#server/kernel/outbox.ts'
import { revokeUser } from '../oauth/oauth-grant.ts'
import { passwordChangedLetter } from '../people/password-letters.ts'
import { forgetFailures } from './password-check.ts'
import { endSessions } from './session.ts'

const letterLifeSeconds = 24 * 3600

/** A new password for a user, and how it came about. */
export type PasswordChange = {
  tenantId: string
  userId: string
  passwordHash: string
  kind: Extract<AuditKind, 'password-set' | 'password-changed'>
  /** The address of the workspace, for the letter. */
  origin: string
  clientAddress: string
}

/**
 * Gives a user a password and takes back what the old one gave: sessions, mailed links, waits. The user is told by
 * mail, but not of the first one. Answers the moment that sessions with it rest on.
 */
export async function setPassword(tx: Tx, means: Means, change: PasswordChange): Promise<Date> {
  const { tenantId, userId } = change
  const {
    password_hash: earlier,
    email,
    email_key
  } = await tx
    .selectFrom('users')
    .select(['password_hash', 'email', 'email_key'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .forUpdate()
    .executeTakeFirstOrThrow()
  await tx
    .updateTable('users')
    .set({
      password_hash: change.passwordHash,
      password_set: means.now,
      updated: means.now,
      updated_by: userId
    })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .execute()
  await tx
    .deleteFrom('password_links')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('used', 'is', null)
    .execute()
  await endSessions(tx, tenantId, userId)
  // The agent that signed a person up stays connected when they set their first password (contract §2).
  if (earlier !== null) await revokeUser(tx, { tenantId, userId })
  await forgetFailures(tx, means, { tenantId, userId, emailKey: email_key })
  const { kind, clientAddress, origin } = change
  await recordEvent(tx, means, { tenantId, kind, actorUserId: userId, subject: userId, clientAddress })
  if (earlier !== null) {
    const expires = addSeconds(means.now, letterLifeSeconds)
    await postLetter(
      tx,
      means,
      means.now,
      passwordChangedLetter({ tenantId, to: email, origin, expires, changed: means.now })
    )
  }
  return means.now
}
