import type { Tx } from '#server/kernel/db.ts'
import type { Means } from '#server/kernel/means.ts'
import { restDomain } from '../addresses/domain-choice.ts'
import { killCodes } from '../onboarding/signup-code.ts'
import type { SignupRow } from '../onboarding/signup-record.ts'
import { closeWorkspace } from '../tenancy/workspace.ts'

/** What the page behind a mailed undo link shows. */
export type UndoView = {
  domain: string
  company: string
  email: string
  until: Date
  passwordHash: string | null
}

/** The workspace that an undo link can still close; undefined for any other link. Changes nothing. */
export async function viewUndo(
  tx: Tx,
  means: Means,
  tenantId: string,
  undoToken: string
): Promise<UndoView | undefined> {
  const signup = await findUndoable(tx, means, tenantId, undoToken)
  if (!signup) return undefined
  return {
    domain: signup.domain,
    company: signup.company,
    email: signup.email,
    until: signup.undo_expires ?? means.now,
    passwordHash: await ownerPasswordHash(tx, signup, tenantId)
  }
}

/**
 * Undoes a sign-up within 72 hours: the workspace closes at once, its name rests for others, and what it holds is
 * erased after 7 days. `checkedHash` is the password hash that the caller verified, null when there was none; a
 * password set meanwhile makes it answer false, as does a dead link.
 */
export async function undoSignup(
  tx: Tx,
  means: Means,
  of: { tenantId: string; undoToken: string; checkedHash: string | null }
): Promise<boolean> {
  const signup = await findUndoable(tx, means, of.tenantId, of.undoToken, 'lock')
  if (!signup) return false
  if ((await ownerPasswordHash(tx, signup, of.tenantId, 'lock')) !== of.checkedHash) return false
  await closeWorkspace(tx, means, of.tenantId)
  await restDomain(tx, means, signup.domain, signup.email)
  await killCodes(tx, means, signup.id)
  await tx.updateTable('signups').set({ undone: means.now }).where('id', '=', signup.id).execute()
  return true
}

async function findUndoable(
  tx: Tx,
  means: Means,
  tenantId: string,
  undoToken: string,
  lock?: 'lock'
): Promise<SignupRow | undefined> {
  const query = tx
    .selectFrom('signups')
    .selectAll()
    .where('undo_hash', '=', means.secrets.hash('undo-link', undoToken))
    .where('tenant_id', '=', tenantId)
    .where('undo_expires', '>', means.now)
    .where('undone', 'is', null)
  return (lock ? query.forUpdate() : query).executeTakeFirst()
}

// Runs as the tenant: the users are behind row security.
async function ownerPasswordHash(
  tx: Tx,
  signup: SignupRow,
  tenantId: string,
  lock?: 'lock'
): Promise<string | null> {
  const query = tx
    .selectFrom('users')
    .select('password_hash')
    .where('tenant_id', '=', tenantId)
    .where('email_key', '=', signup.email_key)
    .where('deleted', '=', false)
  const owner = await (lock ? query.forUpdate() : query).executeTakeFirst()
  return owner?.password_hash ?? null
}
