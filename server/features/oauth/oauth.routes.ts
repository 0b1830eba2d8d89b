import type { FastifyReply, FastifyRequest } from 'fastify'
import { anyone, page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { countClientCall } from '#server/kernel/http/client-budget.ts'
import { toProblem } from '#server/kernel/http/errors.ts'
import type { Http } from '#server/kernel/http/http-type.ts'
import { noteProblem } from '#server/kernel/http/request-log.ts'
import { newSecretToken } from '#server/kernel/ids.ts'
import { html, page } from '#server/kernel/pages.ts'
import { answerToken, beginAuthorization, register, resumeAuthorization, revoke } from './authorization.ts'
import type { AuthorizationServer } from './authorization-server.ts'
import { browserCookie, readBrowserCookie } from './browser-cookie.ts'
import { readBodyText } from './oauth-body.ts'
import type { Answer } from './oauth-exchange.ts'

/** Room for every real registration; the library alone would take 56 KiB. */
const bodyBytes = 16 * 1024

// Hosted connectors reach a workspace from a few shared addresses, so this is no matter of single digits.
const registrationLimit = { name: 'registrations', quota: 60, windowSeconds: 600 }

/** The endpoints of the authorization server (contract §3). Bodies are handed on as text: RFC 6749 refuses doubled fields. */
export function oauthRoutes(app: App, server: AuthorizationServer): void {
  app.http.register((http, _options, done) => {
    http.removeAllContentTypeParsers()
    http.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyBytes }, (request, bytes, done) => {
      try {
        done(null, readBodyText(request.headers['content-type'], bytes as Buffer))
      } catch (error) {
        done(error as Error)
      }
    })
    pages(http as unknown as Http, server)
    endpoints(http as unknown as Http, app, server)
    registration(http as unknown as Http, app, server)
    done()
  })
}

function pages(http: Http, server: AuthorizationServer): void {
  http.get('/authorize', { config: { access: pageAccess({ on: 'any' }) } }, async (request, reply) => {
    const issuer = server.issuerOf(request.tenant)
    const known = readBrowserCookie(request.headers.cookie, issuer)
    const cookie = browserCookie(known ?? newSecretToken(), issuer)
    const call = { query: queryOf(request), cookies: cookie }
    const answer = await beginAuthorization(server, request.tenant, call)
    const isBegun = String(answer.headers.location ?? '').startsWith('/interaction/')
    if (isBegun && known === undefined) reply.header('set-cookie', cookie)
    return send(reply, answer)
  })

  http.get(
    '/authorize/:uid',
    { config: { access: pageAccess({ on: 'any' }) } },
    async (request: FastifyRequest<{ Params: { uid: string } }>, reply) => {
      const visit = { tenant: request.tenant, uid: request.params.uid, cookies: request.headers.cookie }
      return send(reply, await resumeAuthorization(server, visit))
    }
  )
}

function endpoints(http: Http, app: App, server: AuthorizationServer): void {
  const config = { access: anyone({ on: 'any' }) }
  const options = { config, errorHandler: oauthError }

  http.post('/token', options, async (request, reply) => {
    const arrived = app.clock()
    return send(reply, await answerToken(server, request.tenant, { ...callOf(request), arrived }))
  })

  http.post('/revoke', options, async (request, reply) =>
    send(reply, await revoke(server, request.tenant, callOf(request)))
  )
}

function registration(http: Http, app: App, server: AuthorizationServer): void {
  const config = { access: anyone({ on: 'any' }) }
  const options = { config, errorHandler: oauthError }
  const manage = async (request: FastifyRequest, reply: FastifyReply) =>
    send(reply, await register(server, request.tenant, callOf(request)))

  http.post('/register', options, async (request, reply) => {
    await countClientCall(app, registrationLimit, request, reply, request.tenant.id)
    return manage(request, reply)
  })
  http.get('/register/:clientId', options, manage)
  http.put('/register/:clientId', options, manage)
  http.delete('/register/:clientId', options, manage)
}

function callOf(request: FastifyRequest) {
  const { authorization, 'content-type': contentType } = request.headers
  const body = typeof request.body === 'string' ? request.body : undefined
  return { method: request.method, url: request.url, authorization, contentType, body }
}

function queryOf(request: FastifyRequest): string {
  const at = request.url.indexOf('?')
  return at < 0 ? '' : request.url.slice(at + 1)
}

// What other browsers' scripts may read is decided once for the whole server; the rest is the library's to say.
const ownHeaders = /^(?:access-control-|vary$|content-length$|cache-control$|pragma$)/

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  // RFC 6749 section 5.1 wants both; the other one is set for every answer of the server.
  reply.code(answer.status).header('pragma', 'no-cache')
  for (const [name, value] of Object.entries(answer.headers)) {
    if (ownHeaders.test(name)) continue
    if (name === 'set-cookie') for (const cookie of keptCookies([value].flat())) reply.header(name, cookie)
    else reply.header(name, value)
  }
  if (answer.pageError) return sendPage(reply, answer)
  if (typeof answer.body !== 'object' || answer.body === null) return reply.send(answer.body ?? '')
  return reply.type('application/json; charset=utf-8').serializer(String).send(JSON.stringify(answer.body))
}

// The library would remember who signed in; here every authorization asks our own session.
function keptCookies(cookies: string[]): string[] {
  return cookies.filter((cookie) => !cookie.includes('ekso-unused'))
}

function sendPage(reply: FastifyReply, { pageError }: Answer): FastifyReply {
  const text = page({
    title: 'This app cannot be connected',
    body: html`<h1>This app cannot be connected</h1>
<p>It sent a request that is not valid here, or one that has expired. Go back to the app and connect it again.</p>
<p class="quiet">${pageError?.error}: ${pageError?.error_description}</p>`
  })
  return reply.type('text/html; charset=utf-8').send(text.text)
}

const errorNames: Record<number, string> = {
  429: 'temporarily_unavailable',
  500: 'server_error',
  503: 'temporarily_unavailable'
}

// RFC 6749 section 5.2 and RFC 7591 section 3.2.2: never the API's own shape.
async function oauthError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply
): Promise<FastifyReply> {
  const found = toProblem(error)
  noteProblem(request, found)
  const { status } = found.row
  if (status === 429 || status === 503)
    reply.header('retry-after', Math.max(1, Math.ceil(found.retryAfterSeconds ?? 1)))
  const body = { error: errorNames[status] ?? 'invalid_request', error_description: found.message }
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .serializer(String)
    .send(JSON.stringify(body))
}
