import { recordEvent } from '#server/kernel/audit.ts'
import type { Db, Tx } from '#server/kernel/db.ts'
import type { Means } from '#server/kernel/means.ts'
import type { Opened, Visitor } from '#server/kernel/session-type.ts'
import { canonicalAddress } from '../addresses/email-address.ts'
import { readFormsAuthRules } from '../configuration/forms-auth.ts'
import { rememberBrowser } from './known-browser.ts'
import { checkPassword } from './password-check.ts'
import { beginCode } from './second-factor.ts'
import { openSession, type Proof } from './session.ts'

type Parts = { db: Db; means: () => Means }

export type SignInOutcome =
  | Opened
  /** The password was right; a code was mailed, or enough codes were, and `stepToken` holds the browser to it. */
  | { kind: 'code'; stepToken: string }
  | { kind: 'code-refused'; waitSeconds: number }
  | { kind: 'wrong' }
  /** The password was right, and the workspace takes none from people who are not super admins. */
  | { kind: 'off' }
  | { kind: 'wait'; waitSeconds: number }

/**
 * Signs somebody in with address and password, or asks for the mailed code where the workspace wants one. An unknown
 * address is answered like a wrong password, after the same work. Throws `RATE_LIMITED`.
 */
export async function signIn(
  parts: Parts,
  visitor: Visitor,
  typed: { email: string; password: string; returnPath: string }
): Promise<SignInOutcome> {
  const { tenantId } = visitor
  const emailKey = canonicalAddress(typed.email)
  const user = await findUser(parts.db, tenantId, emailKey)
  const claimed = { tenantId, emailKey, user: user && { userId: user.id, passwordHash: user.password_hash } }
  const verdict = await checkPassword(parts, claimed, typed.password, visitor.browser)
  const means = parts.means()
  if (verdict.kind !== 'right') {
    // A try that had to wait was not counted, and strangers could fill the log with it.
    if (user && verdict.kind === 'wrong')
      await parts.db.write({ tenantId }, (tx) => noteFailure(tx, means, visitor, user.id))
    return verdict
  }
  if (!user?.password_set) return { kind: 'wrong' }
  const proof = { tenantId, userId: user.id, passwordSet: user.password_set }
  const { email } = user
  return parts.db.write({ tenantId }, async (tx) => {
    const rules = await readFormsAuthRules(tx, tenantId)
    // Switched off for the others, it still lets those in who can switch it on again.
    if (!rules.active && !user.is_super_admin) return { kind: 'off' }
    if (!rules.twoFactorAuth) return open(tx, means, visitor, proof, typed.returnPath)
    const digits = rules.twoFactorAuthCodeSize
    return beginCode(tx, means, { proof, email, digits, returnPath: typed.returnPath })
  })
}

/** Opens the session after all that was asked for was right. */
export async function open(
  tx: Tx,
  means: Means,
  visitor: Visitor,
  proof: Proof,
  returnPath: string
): Promise<Opened> {
  const { tenantId, clientAddress, earlierToken } = visitor
  const token = await openSession(tx, means, proof, earlierToken)
  const browser = rememberBrowser(means.secrets, proof, visitor.browser)
  await recordEvent(tx, means, { tenantId, kind: 'signed-in', actorUserId: proof.userId, clientAddress })
  return { kind: 'open', token, browser, returnPath }
}

/** Writes down that somebody failed at an account. */
export function noteFailure(tx: Tx, means: Means, visitor: Visitor, userId: string): Promise<void> {
  const { tenantId, clientAddress } = visitor
  return recordEvent(tx, means, { tenantId, kind: 'sign-in-failed', subject: userId, clientAddress })
}

type Account = {
  id: string
  email: string
  is_super_admin: boolean
  password_hash: string | null
  password_set: Date | null
}

async function findUser(db: Db, tenantId: string, emailKey: string): Promise<Account | undefined> {
  const [user] = await db.read({ tenantId }, (tables) =>
    tables
      .selectFrom('users')
      .select(['id', 'email', 'is_super_admin', 'password_hash', 'password_set'])
      .where('tenant_id', '=', tenantId)
      .where('email_key', '=', emailKey)
      .where('deleted', '=', false)
      .where('active', '=', true)
      .where('locked', 'is', null)
  )
  return user
}
