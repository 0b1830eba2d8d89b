import { randomBytes } from 'node:crypto'
import { defaultScopes } from '#server/kernel/actor.ts'
import { recordEvent } from '#server/kernel/audit.ts'
import type { Tx } from '#server/kernel/db.ts'
import { tenantOrigin } from '#server/kernel/hosts.ts'
import { newId } from '#server/kernel/ids.ts'
import type { Means } from '#server/kernel/means.ts'
import { saveArtifact } from '../oauth/oauth-artifact.ts'
import { addGrant } from '../oauth/oauth-grant.ts'
import { resourceUrl } from '../resource-server/oauth-metadata.ts'

/** What step 2 of a sign-up answers as `oauth` (contract §2), and what to keep to take it back. */
export type AgentAccess = {
  oauth: {
    issuer: string
    clientId: string
    code: string
    redirectUri: string
    tokenEndpoint: string
    resource: string
    scope: string
    expiresIn: number
  }
  grantId: string
}

const codeSeconds = 600
const redirectUri = 'http://127.0.0.1/callback'

/**
 * Makes a client for one agent and an authorization code bound to its S256 challenge, which it redeems at the
 * workspace's own `/token` (contract §2, "The agent leaves with access"). The client cannot be used at `/authorize`.
 * Inside the caller's transaction, which acts in the workspace. `revokeGrant` takes all of it back, client included.
 */
export async function giveAgentAccess(
  tx: Tx,
  means: Means,
  wish: {
    tenant: { id: string; domain: string | null }
    userId: string
    agentName: string
    codeChallenge: string
  }
): Promise<AgentAccess> {
  const { tenant, userId, agentName, codeChallenge } = wish
  const issuer = tenantOrigin(means.publicUrl, tenant)
  const resource = resourceUrl(issuer, 'api')
  const scope = defaultScopes.join(' ')
  const clientId = await addAgentClient(tx, means.now, tenant.id, agentName)
  const grantId = await addGrant(tx, means.now, {
    tenantId: tenant.id,
    userId,
    clientId,
    clientName: agentName,
    redirectHost: new URL(redirectUri).host,
    resourceUrl: resource,
    granted: defaultScopes,
    rejected: []
  })
  const entry = { tenantId: tenant.id, actorUserId: userId, clientId, subject: grantId }
  await recordEvent(tx, means, { ...entry, kind: 'app-connected' })
  const code = randomBytes(32).toString('base64url')
  const issued = Math.floor(means.now.getTime() / 1000)
  await saveArtifact(
    tx,
    means.now,
    { tenantId: tenant.id, kind: 'AuthorizationCode', id: code },
    {
      payload: {
        kind: 'AuthorizationCode',
        iat: issued,
        exp: issued + codeSeconds,
        accountId: userId,
        clientId,
        grantId,
        redirectUri,
        resource,
        scope,
        codeChallenge,
        codeChallengeMethod: 'S256'
      },
      expiresInSeconds: codeSeconds
    }
  )
  return {
    oauth: {
      issuer,
      clientId,
      code,
      redirectUri,
      tokenEndpoint: `${issuer}/token`,
      resource,
      scope,
      expiresIn: codeSeconds
    },
    grantId
  }
}

async function addAgentClient(tx: Tx, now: Date, tenantId: string, agentName: string): Promise<string> {
  const id = newId('client')
  const metadata = {
    client_id: id,
    client_id_issued_at: Math.floor(now.getTime() / 1000),
    client_name: agentName,
    application_type: 'native',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none'
  }
  await tx
    .insertInto('oauth_clients')
    .values({
      tenant_id: tenantId,
      id,
      kind: 'agent',
      name: agentName,
      metadata: JSON.stringify(metadata),
      created: now
    })
    .execute()
  return id
}
