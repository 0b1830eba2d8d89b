import { recordEvent } from '#server/kernel/audit.ts'
import type { Db, Tx } from '#server/kernel/db.ts'
import type { Means } from '#server/kernel/means.ts'
import type { Opened, Session, Visitor } from '#server/kernel/session-type.ts'
import { setPassword } from '../sign-in/password-change.ts'
import { checkPassword, type PasswordVerdict } from '../sign-in/password-check.ts'
import { endSessions } from '../sign-in/session.ts'
import { noteFailure, open } from '../sign-in/sign-in.ts'

type Parts = { db: Db; means: () => Means }

/** The account of a session as the password is checked against it. */
export async function readAccount(
  db: Db,
  session: Session
): Promise<{ emailKey: string; passwordHash: string | null; passwordSet: Date }> {
  const { tenantId, userId } = session
  const [user] = await db.read({ tenantId }, (tables) =>
    tables
      .selectFrom('users')
      .select(['email_key', 'password_hash', 'password_set'])
      .where('tenant_id', '=', tenantId)
      .where('id', '=', userId)
  )
  return {
    emailKey: user?.email_key ?? '',
    passwordHash: user?.password_hash ?? null,
    passwordSet: user?.password_set ?? session.created
  }
}

/** Whether the current password was entered; counted like a sign-in. Throws `RATE_LIMITED`. */
export async function checkOwnPassword(
  parts: Parts,
  session: Session,
  password: string,
  visitor: Visitor
): Promise<PasswordVerdict> {
  const { tenantId, userId } = session
  const { emailKey, passwordHash } = await readAccount(parts.db, session)
  const account = { tenantId, emailKey, user: { userId, passwordHash } }
  const verdict = await checkPassword(parts, account, password, visitor.browser)
  if (verdict.kind === 'wrong')
    await parts.db.write(session, (tx) => noteFailure(tx, parts.means(), visitor, userId))
  return verdict
}

/** Gives a person the password that they chose, ends all their sessions and opens a new one for this browser. */
export async function changeOwnPassword(
  tx: Tx,
  means: Means,
  session: Session,
  visitor: Visitor,
  of: { passwordHash: string; origin: string }
): Promise<Opened> {
  const { tenantId, userId } = session
  const { clientAddress } = visitor
  const kind = 'password-changed'
  const passwordSet = await setPassword(tx, means, { tenantId, userId, kind, clientAddress, ...of })
  return open(tx, means, visitor, { tenantId, userId, passwordSet }, '/account?done=password')
}

/** Signs a person out in all other browsers. */
export async function endOtherSessions(
  tx: Tx,
  means: Means,
  session: Session,
  clientAddress: string
): Promise<void> {
  const { tenantId, userId, id } = session
  const count = await endSessions(tx, tenantId, userId, id)
  if (count === 0) return
  const note = 'in all other browsers'
  await recordEvent(tx, means, { tenantId, kind: 'signed-out', actorUserId: userId, note, clientAddress })
}
