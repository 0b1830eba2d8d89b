import { recordEvent } from '#server/kernel/audit.ts'
import type { Tx } from '#server/kernel/db.ts'
import type { Means } from '#server/kernel/means.ts'
import { restDomain } from '../addresses/domain-choice.ts'
import { killCodes } from '../onboarding/signup-code.ts'
import type { SignupRow } from '../onboarding/signup-record.ts'
import { findFounder } from '../people/user.ts'
import { closeWorkspace } from '../tenancy/workspace.ts'

/** What the page behind a mailed undo link shows. */
export type UndoView = { domain: string; company: string; email: string; until: Date; owner: Owner }

type Owner = { userId: string; emailKey: string; passwordHash: string | null }

/** The workspace that an undo link can still close; undefined for any other link. Changes nothing. */
export async function viewUndo(
  tx: Tx,
  means: Means,
  tenantId: string,
  undoToken: string
): Promise<UndoView | undefined> {
  const signup = await findUndoable(tx, means, tenantId, undoToken)
  if (!signup) return undefined
  const { domain, company, email } = signup
  const owner = await findOwner(tx, tenantId)
  return { domain, company, email, until: signup.undo_expires ?? means.now, owner }
}

/** `password-changed`: what was checked is no longer the password. `dead`: the link was used or its time has passed. */
export type UndoOutcome = 'closed' | 'password-changed' | 'dead'

/**
 * Undoes a sign-up within 72 hours: the workspace closes at once, its name rests for others, and what it holds is
 * erased after 7 days. `checkedHash` is the password hash that the caller verified, null when there was none: a
 * password set meanwhile is asked for.
 */
export async function undoSignup(
  tx: Tx,
  means: Means,
  of: { tenantId: string; undoToken: string; checkedHash: string | null }
): Promise<UndoOutcome> {
  const signup = await findUndoable(tx, means, of.tenantId, of.undoToken, 'lock')
  if (!signup) return 'dead'
  const owner = await findOwner(tx, of.tenantId, 'lock')
  if (owner.passwordHash !== of.checkedHash) return 'password-changed'
  await closeWorkspace(tx, means, of.tenantId)
  await recordEvent(tx, means, { tenantId: of.tenantId, kind: 'workspace-closed', actorUserId: owner.userId })
  await restDomain(tx, means, signup.domain, signup.email)
  await killCodes(tx, means, signup.id)
  await tx.updateTable('signups').set({ undone: means.now }).where('id', '=', signup.id).execute()
  return 'closed'
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

async function findOwner(tx: Tx, tenantId: string, lock?: 'lock'): Promise<Owner> {
  const founder = await findFounder(tx, tenantId, lock)
  return { userId: founder.id, emailKey: founder.email_key, passwordHash: founder.password_hash }
}
