import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ErrorOut, KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Tx } from '#server/kernel/db.ts'

/** What one request to the library may use: it is handed on by the running request, so nothing outlives it. */
export type ExchangeScope = {
  tx: Tx
  now: Date
  /** The browser that an interaction will belong to. */
  browserHash?: Buffer | undefined
  /** The first error of the database or the library itself, which would hide it behind `server_error`. */
  failure?: unknown
}

const scopes = new AsyncLocalStorage<ExchangeScope>()

/** The running request to the library. Throws outside of one: the library has no other way to the database. */
export function exchangeScope(): ExchangeScope {
  const scope = scopes.getStore()
  if (!scope) throw new Error('the OAuth library asked for the database outside of a request')
  return scope
}

/** A request as the library shall see it. Host and protocol are the issuer's, whatever the caller sent. */
export type Ask = {
  method: string
  /** Path and query. */
  url: string
  headers: Record<string, string | undefined>
  body?: string | undefined
}

export type Answer = {
  status: number
  headers: Record<string, string | string[]>
  /** JSON as a value, text as text. */
  body: unknown
  /** What went wrong at `/authorize` when it may not be told by a redirect. */
  pageError: ErrorOut | undefined
  /** What the library found out on the way: client, tokens. */
  entities: Partial<KoaContextWithOIDC['oidc']['entities']>
}

export type Exchange = (scope: ExchangeScope, ask: Ask) => Promise<Answer>

/**
 * Lets a provider answer without a socket: nothing reaches the caller before the transaction is committed, the
 * answer goes through our own server with its headers and log lines, and a deadlock can be tried again.
 */
export function makeExchange(provider: Provider): Exchange {
  const seen = new WeakMap<object, KoaContextWithOIDC>()
  const failures = new WeakMap<object, unknown>()
  provider.use(async (ctx, next) => {
    ctx.respond = false
    seen.set(ctx.req, ctx as unknown as KoaContextWithOIDC)
    // Thrown on, it would be written to the socket that is not there.
    await next().catch((error: unknown) => failures.set(ctx.req, error ?? new Error('unknown')))
  })
  provider.on('server_error', (_ctx, error) => {
    exchangeScope().failure ??= error
  })
  const handle = provider.callback()
  const { host, protocol } = new URL(provider.issuer)
  return async (scope, ask) => {
    const request = makeRequest({ ...ask, headers: { ...ask.headers, host } }, protocol === 'https:')
    const response = makeResponse()
    await scopes.run(scope, () => handle(request, response as unknown as ServerResponse))
    const failure = scope.failure ?? failures.get(request)
    if (failure !== undefined) throw failure
    const ctx = seen.get(request)
    if (!ctx) throw new Error('the OAuth library did not answer')
    const { status, body } = ctx as unknown as { status: number; body: unknown }
    const oidc = ctx.oidc as KoaContextWithOIDC['oidc'] | undefined
    const pageError = ctx.state.pageError as ErrorOut | undefined
    return { status, headers: response.read(), body, pageError, entities: oidc?.entities ?? {} }
  }
}

// As much of Node's request as the library reads.
function makeRequest(ask: Ask, isEncrypted: boolean): IncomingMessage {
  const bytes = Buffer.from(ask.body ?? '')
  const headers = Object.fromEntries(Object.entries(ask.headers).filter(([, value]) => value !== undefined))
  const length = ask.body === undefined ? {} : { 'content-length': String(bytes.length) }
  return {
    method: ask.method,
    url: ask.url,
    headers: { ...headers, ...length },
    httpVersionMajor: 1,
    socket: { encrypted: isEncrypted, remoteAddress: '' },
    readable: true,
    readableEncoding: null,
    iterator: async function* () {
      yield bytes
    }
  } as unknown as IncomingMessage
}

function makeResponse() {
  const headers = new Map<string, string | string[]>()
  return {
    statusCode: 404,
    statusMessage: '',
    headersSent: false,
    setHeader: (name: string, value: string | string[] | number) =>
      void headers.set(name.toLowerCase(), typeof value === 'number' ? String(value) : value),
    getHeader: (name: string) => headers.get(name.toLowerCase()),
    getHeaders: () => Object.fromEntries(headers),
    hasHeader: (name: string) => headers.has(name.toLowerCase()),
    removeHeader: (name: string) => void headers.delete(name.toLowerCase()),
    read: () => Object.fromEntries(headers)
  }
}
