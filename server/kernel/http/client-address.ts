import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import ipaddr from 'ipaddr.js'
import type { Log } from '../log.ts'
import type { Cidr } from '../settings.ts'

const forwardingHeaders = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'forwarded']
const privateRanges = new Set(['loopback', 'private', 'uniqueLocal', 'linkLocal', 'carrierGradeNat'])

/** Tells the client of a request (contract §1): the right-most forwarded address that is no trusted proxy. */
export type ClientAddresses = (request: FastifyRequest) => string

/** Reads client addresses. Forwarding headers of an untrusted private peer are logged once as a likely mistake. */
export function makeClientAddresses(trusted: Cidr[], log: Pick<Log, 'warn'>): ClientAddresses {
  let hasWarned = false
  return (request) => {
    const peer = request.raw.socket.remoteAddress ?? ''
    if (isTrusted(peer, trusted)) return walk(peer, request.headers['x-forwarded-for'], trusted)
    if (!hasWarned && isPrivate(peer) && forwardingHeaders.some((name) => name in request.headers)) {
      hasWarned = true
      log.warn(
        { peer: normalize(peer) },
        'A proxy in a private network sends forwarding headers but is not in EKSO_TRUSTED_PROXIES: its clients all count as one'
      )
    }
    return normalize(peer)
  }
}

/** What a client counts as in a limit: an IPv6 network of 64 bits is one household or one server. */
export function limitKey(address: string): string {
  if (isIP(address) !== 6) return address
  const parts = ipaddr.IPv6.parse(address).parts.slice(0, 4)
  return `${parts.map((part) => part.toString(16)).join(':')}::/64`
}

// Everything left of the first untrusted entry was written by the client and means nothing.
function walk(peer: string, header: string | string[] | undefined, trusted: Cidr[]): string {
  let client = peer
  for (const entry of String(header ?? '')
    .split(',')
    .reverse()) {
    const address = entry.trim()
    if (isIP(address) === 0) break
    client = address
    if (!isTrusted(address, trusted)) break
  }
  return normalize(client)
}

function isTrusted(address: string, trusted: Cidr[]): boolean {
  if (isIP(address) === 0) return false
  const parsed = ipaddr.process(address)
  return trusted.some((range) => {
    const [network, bits] = range
    return network.kind() === parsed.kind() && parsed.match([network, bits] as never)
  })
}

function isPrivate(address: string): boolean {
  return isIP(address) !== 0 && privateRanges.has(ipaddr.process(address).range())
}

// A link-local peer carries the interface it came in by (`fe80::1%eth0`), which is no part of who it is.
function normalize(address: string): string {
  const bare = address.split('%', 1)[0] ?? ''
  return isIP(bare) === 0 ? 'unknown' : ipaddr.process(bare).toString()
}
