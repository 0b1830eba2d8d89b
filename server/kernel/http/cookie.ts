import type { FastifyReply, FastifyRequest } from 'fastify'
import { problem } from '../problem.ts'

/**
 * A cookie of ours, of this host alone. On https its name begins with `__Host-`, which browsers keep any other host
 * from setting (contract §3); http is localhost, where that prefix would be refused.
 */
export type Cookie = { name: string; maxAgeSeconds: number }

/** The value that the browser sent. Undefined when there is none. */
export function readCookie(request: FastifyRequest, cookie: Cookie, publicUrl: URL): string | undefined {
  const wanted = `${fullName(cookie, publicUrl)}=`
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(wanted))?.slice(wanted.length) || undefined
}

/** Gives the browser a value; an empty one takes the cookie away. Lax: links from mail and apps must find the session. */
export function setCookie(reply: FastifyReply, cookie: Cookie, value: string, publicUrl: URL): void {
  if (!/^[A-Za-z0-9._~-]*$/.test(value))
    throw problem('INTERNAL_ERROR', { cause: 'a cookie of odd characters' })
  const life = value === '' ? 0 : cookie.maxAgeSeconds
  const secure = publicUrl.protocol === 'https:' ? '; Secure' : ''
  const text = `${fullName(cookie, publicUrl)}=${value}; Path=/; Max-Age=${life}; HttpOnly; SameSite=Lax${secure}`
  reply.header('set-cookie', text)
}

function fullName({ name }: Cookie, publicUrl: URL): string {
  return publicUrl.protocol === 'https:' ? `__Host-${name}` : name
}
