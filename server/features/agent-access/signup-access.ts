import { addSeconds } from '#server/kernel/clock.ts'
import { enterTenant, type Tx } from '#server/kernel/db.ts'
import type { Means } from '#server/kernel/means.ts'
import { findGrantUse, revokeGrant } from '../oauth/oauth-grant.ts'
import type { SignupRow } from '../onboarding/signup-record.ts'
import { findFounder } from '../people/user.ts'
import { type AgentAccess, giveAgentAccess } from './agent-access.ts'

/** How long after the workspace was opened a lost answer can be had again (contract §2). */
const handOverSeconds = 3600

/**
 * What step 2 answers an agent beside its workspace: a fresh code for its own `/token`, and what an earlier one gave
 * is taken back, so that a lost answer strands nobody. Undefined when the sign-up was begun without an agent, the
 * owner did not allow it, the agent is at work already, the owner has disconnected it, or 60 minutes have passed.
 */
export async function handOverAccess(
  tx: Tx,
  means: Means,
  signup: SignupRow
): Promise<AgentAccess['oauth'] | undefined> {
  const { tenant_id: tenantId, completed, agent_code_challenge: codeChallenge } = signup
  if (!tenantId || !completed || !codeChallenge || !signup.agent_allowed) return undefined
  if (means.now >= addSeconds(completed, handOverSeconds)) return undefined
  await enterTenant(tx, tenantId)
  if (signup.agent_grant_id) {
    const earlier = { tenantId, grantId: signup.agent_grant_id }
    if ((await findGrantUse(tx, earlier)) !== 'unused') return undefined
    await revokeGrant(tx, earlier)
  }
  const founder = await findFounder(tx, tenantId)
  const given = await giveAgentAccess(tx, means, {
    tenant: { id: tenantId, domain: signup.domain },
    userId: founder.id,
    agentName: signup.agent_name ?? '',
    codeChallenge
  })
  await tx.updateTable('signups').set({ agent_grant_id: given.grantId }).where('id', '=', signup.id).execute()
  return given.oauth
}
