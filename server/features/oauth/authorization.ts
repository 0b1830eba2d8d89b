import { isFault, mayRedirectTo, readClientMetadata } from '../oauth-clients/client-metadata.ts'
import { findStoredClient } from '../oauth-clients/oauth-client.ts'
import type { AuthorizationServer, TenantPlace } from './authorization-server.ts'
import { readAuthorizationRequest, readTokenRequest } from './authorize-request.ts'
import { hashBrowser } from './browser-cookie.ts'
import { pruneExpired } from './oauth-artifact.ts'
import type { Answer, Ask, ExchangeScope } from './oauth-exchange.ts'
import { type InteractionVisit, isOwnInteraction, loadClient } from './oauth-interaction.ts'
import { answerTokenRequest } from './token-request.ts'

/** A call of a program: what of the request matters to the library. Cookies do not. */
export type ProgramCall = {
  method: string
  url: string
  authorization: string | undefined
  contentType: string | undefined
  body: string | undefined
}

/** Begins an authorization: a redirect to our page, or to the client with an error, or an error page. */
export async function beginAuthorization(
  server: AuthorizationServer,
  tenant: TenantPlace,
  request: { query: string; cookies: string | undefined }
): Promise<Answer> {
  const params = readAuthorizationRequest(request.query, server.issuerOf(tenant))
  const redirectUri = params.get('redirect_uri')
  if (redirectUri && !mayRedirectTo(redirectUri))
    return errorPage('invalid_request', 'this server sends no browser to an address like the one of this app')
  const clientId = params.get('client_id') ?? ''
  await server.documents.load(clientId)
  return server.run(tenant, async (scope, ask) => {
    const client = await findStoredClient(scope.tx, means(server, scope), tenant.id, clientId)
    // The code of an agent was given in the sign-up; nobody may be asked in its name (contract §2).
    if (client?.kind === 'agent')
      return errorPage('unauthorized_client', 'this client cannot ask for authorization')
    await pruneExpired(scope.tx, scope.now, tenant.id)
    scope.browserHash = hashBrowser(server.secrets, server.issuerOf(tenant), request.cookies)
    return ask(browserAsk(`/authorize?${params}`, undefined))
  })
}

/** The way back from our page to the client. Only for the browser that began (contract §3). */
export async function resumeAuthorization(
  server: AuthorizationServer,
  visit: InteractionVisit
): Promise<Answer> {
  await loadClient(server, visit)
  return server.run(visit.tenant, async (scope, ask) => {
    if (!(await isOwnInteraction(scope.tx, server, visit)))
      return errorPage('invalid_request', 'this authorization has expired or was begun in another browser')
    return ask(browserAsk(`/authorize/${encodeURIComponent(visit.uid)}`, visit.cookies))
  })
}

/** `POST /token`. `arrived` is when the request came in. */
export async function answerToken(
  server: AuthorizationServer,
  tenant: TenantPlace,
  call: ProgramCall & { arrived: Date }
): Promise<Answer> {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(call.contentType ?? '')
  const params = readTokenRequest(isForm ? (call.body ?? '') : '', server.issuerOf(tenant))
  await server.documents.load(params.get('client_id') ?? '')
  const isAuthenticated =
    call.authorization !== undefined || params.has('client_secret') || params.has('client_assertion')
  const { secrets, clock, settings } = server
  const { arrived } = call
  return server.run(tenant, (scope, ask) =>
    answerTokenRequest(
      scope,
      { secrets, clock, replaySeconds: settings.refreshReplaySeconds },
      { tenantId: tenant.id, params, isAuthenticated, arrived },
      () => ask(programAsk({ ...call, body: isForm ? String(params) : call.body }))
    )
  )
}

/** `POST /revoke` (RFC 7009): ends the grant behind a refresh token. */
export async function revoke(
  server: AuthorizationServer,
  tenant: TenantPlace,
  call: ProgramCall
): Promise<Answer> {
  const params = new URLSearchParams(call.body ?? '')
  await server.documents.load(params.get('client_id') ?? '')
  return server.run(tenant, (_scope, ask) => ask(programAsk(call)))
}

/** `/register` (RFC 7591) and `/register/:clientId` (RFC 7592). */
export async function register(
  server: AuthorizationServer,
  tenant: TenantPlace,
  call: ProgramCall
): Promise<Answer> {
  const isWrite = call.method === 'POST' || call.method === 'PUT'
  const given = isWrite ? parseObject(call.body) : undefined
  const read = given && readClientMetadata(given)
  if (read && isFault(read)) return { ...emptyAnswer, status: 400, body: read }
  const identity = given && call.method === 'PUT' ? pick(given, managed) : {}
  const body = read ? JSON.stringify({ ...read, ...identity }) : call.body
  return server.run(tenant, async (scope, ask) => {
    await pruneExpired(scope.tx, scope.now, tenant.id)
    return ask(programAsk({ ...call, body }))
  })
}

// What the library itself compares with the client that is managed (RFC 7592 section 2.2).
const managed = [
  'client_id',
  'client_secret',
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at'
]

function pick(from: Record<string, unknown>, names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]))
}

// What is no JSON object goes to the library as it is, to be refused in its words.
function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(text ?? '')
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body } : undefined
  } catch {
    return undefined
  }
}

function means(server: AuthorizationServer, scope: ExchangeScope) {
  return { secrets: server.secrets, now: scope.now }
}

function browserAsk(url: string, cookies: string | undefined): Ask {
  return { method: 'GET', url, headers: { cookie: cookies, accept: 'text/html' } }
}

function programAsk({ method, url, authorization, contentType, body }: ProgramCall): Ask {
  const headers = { authorization, 'content-type': contentType, accept: 'application/json' }
  return { method, url, headers, ...(body === undefined ? {} : { body }) }
}

const emptyAnswer: Answer = { status: 200, headers: {}, body: '', pageError: undefined, entities: {} }

function errorPage(error: string, error_description: string): Answer {
  return { ...emptyAnswer, status: 400, pageError: { error, error_description } }
}
