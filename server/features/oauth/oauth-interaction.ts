import { type Scope, scopes } from '#server/kernel/actor.ts'
import { recordEvent } from '#server/kernel/audit.ts'
import type { Tx } from '#server/kernel/db.ts'
import { hashesMatch } from '#server/kernel/secrets.ts'
import { isLoopback } from '../oauth-clients/client-metadata.ts'
import { findStoredClient } from '../oauth-clients/oauth-client.ts'
import { readResource } from '../resource-server/oauth-metadata.ts'
import type { AuthorizationServer, TenantPlace } from './authorization-server.ts'
import { hashBrowser } from './browser-cookie.ts'
import { type Artifact, findArtifact, type Payload, saveArtifact } from './oauth-artifact.ts'
import { addGrant } from './oauth-grant.ts'

/** One visit to the page of an interaction: which, and from which browser. */
export type InteractionVisit = {
  tenant: TenantPlace
  /** From the page's address, `/interaction/:uid`. */
  uid: string
  /** The request's `Cookie` header: only the browser that began the interaction may see or finish it. */
  cookies: string | undefined
}

/** What the sign-in and consent pages show. */
export type Interaction = {
  clientId: string
  clientName: string
  /** The host that vouches for the name: that of the client's document. Undefined: anybody may have claimed the name. */
  verifiedHost: string | undefined
  /** Where the answer goes: a host, or the scheme of an app (`cursor:`). */
  redirectHost: string
  /** The redirect as CSP `form-action` takes it: the form's answer is a redirect there. */
  formAction: string
  /** The answer stays on the user's machine, where any program may be listening. */
  isLoopback: boolean
  resource: 'api' | 'mcp'
  scopes: { scope: Scope; startsTicked: boolean }[]
  /** The resource's whole address. */
  resourceUrl: string
  begun: Date
  /** `prompt=consent`: the user must be asked, whatever they allowed before. */
  mustConsent: boolean
  /** `prompt=login`: the password must be entered even by somebody who is signed in. */
  mustSignIn: boolean
  /** The web app of this server, which needs no consent. */
  skipsConsent: boolean
}

/** What the user decided. */
export type Decision =
  | { userId: string; granted: readonly Scope[] }
  /** `denied`: the user said no. */
  | { denied: true; userId?: string }

const untickedAtFirst: readonly Scope[] = ['money:read', 'admin']

/**
 * What an interaction is about. Undefined when there is none (it lives ten minutes and once), or when this is not the
 * browser that began it: links to it that were sent to somebody else must not work (contract §3).
 */
export async function describeInteraction(
  server: AuthorizationServer,
  visit: InteractionVisit
): Promise<Interaction | undefined> {
  await loadClient(server, visit)
  return server.db.write({ tenantId: visit.tenant.id }, async (tx) => {
    const found = await findOwnInteraction(tx, server, visit)
    return found && describe(tx, server, visit.tenant, found)
  })
}

/**
 * Ends an interaction with what the user decided and answers the address to send the browser to, with 303; its next
 * page is the client's. Whatever was asked and not granted counts as unticked; nothing granted is a denial. Undefined
 * under the same conditions as `describeInteraction`.
 */
export async function finishInteraction(
  server: AuthorizationServer,
  visit: InteractionVisit,
  decision: Decision
): Promise<string | undefined> {
  const { tenant, uid } = visit
  await loadClient(server, visit)
  return server.db.write({ tenantId: tenant.id }, async (tx) => {
    const found = await findOwnInteraction(tx, server, visit)
    const about = found && (await describe(tx, server, tenant, found))
    if (!found || !about) return undefined
    const { payload } = found
    const back = `${server.issuerOf(tenant)}/authorize/${uid}`
    // Sent twice, the form decides once.
    if (payload.result !== undefined) return back
    const now = server.clock()
    const result = await decide(tx, server, tenant, about, decision)
    const expiresInSeconds = Math.max(1, Number(payload.exp) - Math.floor(now.getTime() / 1000))
    const place = { tenantId: tenant.id, kind: 'Interaction' as const, id: uid }
    await saveArtifact(tx, now, place, { payload: { ...payload, result }, expiresInSeconds })
    return back
  })
}

/** Whether this browser began the interaction; asked again when it comes back with the decision. */
export async function isOwnInteraction(
  tx: Tx,
  server: AuthorizationServer,
  visit: InteractionVisit
): Promise<boolean> {
  return (await findOwnInteraction(tx, server, visit)) !== undefined
}

/**
 * Brings the document of an interaction's client into memory, if it has one: the page may be opened in another server
 * than the one that fetched it, or much later.
 */
export async function loadClient(
  server: AuthorizationServer,
  { tenant, uid }: InteractionVisit
): Promise<void> {
  if (!server.documents.isOn()) return
  const place = { tenantId: tenant.id, kind: 'Interaction' as const, id: uid }
  const found = await server.db.write(place, (tx) => findArtifact(tx, server.clock(), place))
  if (found) await server.documents.load(paramsOf(found.payload).client_id ?? '')
}

async function findOwnInteraction(
  tx: Tx,
  server: AuthorizationServer,
  { tenant, uid, cookies }: InteractionVisit
): Promise<Artifact | undefined> {
  const place = { tenantId: tenant.id, kind: 'Interaction' as const, id: uid }
  const found = await findArtifact(tx, server.clock(), place, 'locked')
  const browser = hashBrowser(server.secrets, server.issuerOf(tenant), cookies)
  const isOwn = found?.browserHash && browser && hashesMatch(found.browserHash, browser)
  return isOwn ? found : undefined
}

async function decide(
  tx: Tx,
  server: AuthorizationServer,
  tenant: TenantPlace,
  about: Interaction,
  decision: Decision
): Promise<Payload> {
  const asked = about.scopes.map(({ scope }) => scope)
  const granted = 'denied' in decision ? [] : asked.filter((scope) => decision.granted.includes(scope))
  const { userId } = decision
  const entry = { tenantId: tenant.id, actorUserId: userId, clientId: about.clientId }
  if ('denied' in decision || granted.length === 0) {
    await recordEvent(tx, { now: server.clock() }, { ...entry, kind: 'consent-refused' })
    return { error: 'access_denied', error_description: 'the user did not allow it' }
  }
  const grantId = await addGrant(tx, server.clock(), {
    tenantId: tenant.id,
    userId: decision.userId,
    clientId: about.clientId,
    clientName: about.clientName,
    redirectHost: about.redirectHost,
    resourceUrl: about.resourceUrl,
    granted,
    rejected: asked.filter((scope) => !granted.includes(scope))
  })
  const note = granted.join(' ')
  await recordEvent(tx, { now: server.clock() }, { ...entry, kind: 'consent-given', subject: grantId, note })
  return { login: { accountId: decision.userId }, consent: { grantId } }
}

async function describe(
  tx: Tx,
  server: AuthorizationServer,
  tenant: TenantPlace,
  { payload, created }: Artifact
): Promise<Interaction | undefined> {
  const params = paramsOf(payload)
  const clientId = params.client_id ?? ''
  const client = await findClient(tx, server, tenant.id, clientId)
  const redirect = URL.parse(params.redirect_uri ?? '')
  const resource = readResource(server.issuerOf(tenant), params.resource ?? '')
  if (!client || !redirect || !resource) return undefined
  const asked = (params.scope ?? '').split(' ')
  const prompts = (params.prompt ?? '').split(' ')
  const isWeb = redirect.protocol === 'https:' || redirect.protocol === 'http:'
  return {
    clientId,
    clientName: client.name,
    verifiedHost: client.host,
    redirectHost: isWeb ? redirect.host : redirect.protocol,
    formAction: isWeb ? redirect.origin : redirect.protocol,
    isLoopback: isLoopback(redirect),
    resource,
    resourceUrl: params.resource ?? '',
    begun: created,
    scopes: scopes
      .filter((scope) => asked.includes(scope))
      .map((scope) => ({ scope, startsTicked: !untickedAtFirst.includes(scope) })),
    mustConsent: prompts.includes('consent'),
    mustSignIn: prompts.includes('login'),
    skipsConsent: client.isOwn
  }
}

async function findClient(
  tx: Tx,
  server: AuthorizationServer,
  tenantId: string,
  id: string
): Promise<{ name: string; host: string | undefined; isOwn: boolean } | undefined> {
  const stored = await findStoredClient(tx, { secrets: server.secrets, now: server.clock() }, tenantId, id)
  if (stored) return { name: stored.name, host: undefined, isOwn: stored.kind === 'own' }
  const document = server.documents.find(id)
  if (!document) return undefined
  return { name: String(document.client_name), host: new URL(id).host, isOwn: false }
}

// Doubled parameters were refused before, and several resources too.
function paramsOf(payload: Payload): Record<string, string> {
  const params = payload.params as Record<string, string | string[]>
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, [value].flat()[0] ?? '']))
}
