import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FindSession, Session } from '../session-type.ts'
import { type Cookie, readCookie, setCookie } from './cookie.ts'

type Place = { findSession: FindSession; publicUrl: () => URL }

/** The cookie that holds a session's token; `__Host-ekso` on https, `ekso` on localhost. */
const sessionCookie: Cookie = { name: 'ekso', maxAgeSeconds: 30 * 24 * 3600 }

/** Who is signed in in the browser that sent this request. Only page routes may ask: the API reads no cookie (contract §3). */
export async function findSession(app: Place, request: FastifyRequest): Promise<Session | undefined> {
  const token = sessionToken(app, request)
  return token === undefined ? undefined : app.findSession(request.tenant.id, token)
}

/** The token that the browser holds, whether it is worth anything or not. */
export function sessionToken(app: Pick<Place, 'publicUrl'>, request: FastifyRequest): string | undefined {
  const token = readCookie(request, sessionCookie, app.publicUrl())
  return token !== undefined && /^[A-Za-z0-9_-]{43}$/.test(token) ? token : undefined
}

/** Hands the browser its session; an empty token takes it away. */
export function giveSession(app: Pick<Place, 'publicUrl'>, reply: FastifyReply, token: string): void {
  setCookie(reply, sessionCookie, token, app.publicUrl())
}

type PageRequest<Params> = FastifyRequest<{ Params: Params }>

/**
 * The handler of a page for people who are signed in. Anybody else goes to the sign-in page first and comes back: to
 * this address, or to `back` from a form, whose entries are lost.
 */
export function forSignedIn<Params = unknown>(
  app: Place,
  handle: (session: Session, request: PageRequest<Params>, reply: FastifyReply) => Promise<FastifyReply>,
  back?: string
): (request: PageRequest<Params>, reply: FastifyReply) => Promise<FastifyReply> {
  return async (request, reply) => {
    const session = await findSession(app, request)
    if (session) return handle(session, request, reply)
    return reply.redirect(signInUrl(back ?? request.url), 303)
  }
}

/** The sign-in page that leads to this path afterwards. */
export function signInUrl(path: string, again = false): string {
  return `/sign-in?${again ? 'again=1&' : ''}return=${encodeURIComponent(path)}`
}
