import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import {
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController
} from 'fastify'
import type { Logger } from 'pino'
import type { HostMeaning } from '../hosts.ts'
import { newId } from '../ids.ts'
import { problem } from '../problem.ts'
import type { Settings } from '../settings.ts'
import { isPage, refuseForeignForm, refuseForeignHost, requireDeclaredAccess } from './access.ts'
import { checkVersion, supportedVersions } from './api-version.ts'
import { bodyBytes, takeBodies } from './body.ts'
import { makeClientAddresses } from './client-address.ts'
import { answerPreflight, isPreflight, openToOtherOrigins } from './cross-origin.ts'
import { answerProblem } from './errors.ts'
import { validatorCompiler } from './field-fault.ts'
import type { Http } from './http-type.ts'
import { addOwnRoutes } from './own-routes.ts'
import { makeRequestLimit } from './request-limit.ts'
import { logAtEnd } from './request-log.ts'
import { readTarget, targetLimit } from './request-target.ts'
import { collectDoors, methodsAt } from './route-list.ts'
import { addContentPolicy, secure } from './security-headers.ts'
import { answerSocketError } from './socket-error.ts'
import { watchStopping } from './stopping.ts'
import { findOpenTenant, hostMeaning, requestTenant, setTenant, type Tenant } from './tenant-host.ts'

export type HttpOptions = {
  settings: Pick<Settings, 'trustedProxies' | 'requestsPerSecond' | 'redisUrl'>
  /** The URL in force; asked at every request, since the first-run wizard may change it. */
  publicUrl: () => URL
  log: Logger
  /** The workspace of a host, closed ones too. */
  findTenant: (meaning: HostMeaning) => Promise<Tenant | undefined>
  /** Whether the server can do its work, for `/readyz`. */
  isReady: () => Promise<boolean>
  /** How long running requests may take to finish when the server closes. */
  stopGraceSeconds?: number
}

/** The server without features: every convention of contract §1, so that a door only says where, who and which shapes. */
export function buildHttp(options: HttpOptions): Http {
  const http = makeServer(options.log)
  http.setValidatorCompiler(validatorCompiler)
  http.setErrorHandler((error, request, reply) => answerProblem(error, request, reply))
  http.setNotFoundHandler(() => {
    throw problem('ROUTE_NOT_FOUND')
  })
  http.decorateRequest('clientAddress', '')
  http.decorateRequest('tenant', {
    getter() {
      return requestTenant(this)
    }
  })
  requireDeclaredAccess(http)
  http.decorate('doors', collectDoors(http))
  takeBodies(http)
  addGates(http, options)
  http.addHook('onSend', async (_request, reply) => {
    addContentPolicy(reply)
    // A client that kept its connection would keep the server from ending.
    if (http.stopping()) reply.header('connection', 'close')
  })
  // Expectations that nobody knows are ignored (RFC 9110 section 10.1.1); Node would answer 417 in its own shape.
  http.server.on('checkExpectation', (request, response) => http.routing(request, response))
  addOwnRoutes(http, options.isReady)
  return http
}

/** Every request passes these in this order before its body is read. */
function addGates(http: Http, options: HttpOptions): void {
  const { settings, publicUrl, log } = options
  const addressOf = makeClientAddresses(settings.trustedProxies, log)
  const limit = makeRequestLimit(settings.requestsPerSecond, settings.redisUrl, log)
  const stopping = watchStopping(http, options.stopGraceSeconds ?? 10)
  http.decorate('stopping', stopping.isStopping)
  http.addHook('onClose', () => limit.close())

  http.addHook('onRequest', async (request, reply) => {
    const access = request.routeOptions.config?.access
    const path = pathOf(request)
    logAtEnd(request, reply)
    secure(reply, publicUrl(), isPage(request))
    nameAnswer(request, reply, path)
    stopping.refuseLateRequest()
    request.clientAddress = addressOf(request)
    if (access?.on === 'anywhere') return
    const meaning = hostMeaning(request.raw, publicUrl())
    await limit.count(reply, hostKey(meaning), request.clientAddress)
    refuseMalformed(request, meaning)
    if (isPreflight(request, path)) return answerPreflight(reply)
    const tenant = await findOpenTenant(meaning ?? { kind: 'unknown' }, options.findTenant)
    setTenant(request, tenant)
    if (!access || request.is404) throw notFound(reply, methodsAt(http.doors, path))
    refuseForeignHost(access, tenant)
    if (path.startsWith('/api/')) checkVersion(request)
    refuseForeignForm(request, tenant, publicUrl())
  })
}

function makeServer(log: Logger): Http {
  return fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => newId('req'),
    requestIdHeader: false,
    bodyLimit: bodyBytes,
    rewriteUrl: (request) => readTarget(request).url,
    routerOptions: { maxParamLength: targetLimit, ignoreTrailingSlash: false, ignoreDuplicateSlashes: false },
    frameworkErrors: (error, request, reply) => {
      void answerProblem(error, request, reply).then((body) => reply.send(body as never))
    },
    clientErrorHandler: (error, socket) => answerSocketError(error, socket, log),
    // Late requests are answered by our own gate, in our own shape.
    return503OnClosing: false,
    // A whole request within 30 s and its head within 10 s: a slow sender must not hold a connection for longer.
    requestTimeout: 30_000,
    // Longer than the 60 s of the usual proxies, so that they never send into a connection that we are closing.
    keepAliveTimeout: 65_000,
    http: {
      headersTimeout: 10_000,
      connectionsCheckingInterval: 5_000,
      maxHeaderSize: 16 * 1024,
      // Missing Host is answered by our own gate, in our own shape.
      requireHostHeader: false
    }
  }).withTypeProvider<TypeBoxTypeProvider>()
}

// The pattern where there is a route: a path may be written in many ways, `/%61pi/` is `/api/` too.
function pathOf(request: FastifyRequest): string {
  const pattern = request.is404 ? undefined : request.routeOptions.url
  return pattern ?? readTarget(request.raw).path
}

function nameAnswer(request: FastifyRequest, reply: FastifyReply, path: string): void {
  reply.header('x-request-id', request.id)
  if (path.startsWith('/api/')) reply.header('api-supported-versions', supportedVersions)
  openToOtherOrigins(path, reply)
}

// Hosts that mean nothing share a count; otherwise each invented name would come with its own.
function hostKey(meaning: HostMeaning | undefined): string {
  return meaning?.kind === 'workspace' ? meaning.domain : (meaning?.kind ?? 'unknown')
}

function refuseMalformed(request: FastifyRequest, meaning: HostMeaning | undefined): void {
  const field = meaning === undefined ? 'host' : readTarget(request.raw).fault
  if (field !== undefined) throw problem('REQUEST_MALFORMED', { fields: [{ field, code: 'invalid' }] })
}

function notFound(reply: FastifyReply, allowed: string[]) {
  if (allowed.length > 0) reply.header('allow', allowed.join(', '))
  return problem('ROUTE_NOT_FOUND')
}
