import { lookup as systemLookup } from 'node:dns'
import { type RequestOptions, request } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

export type OutboundAnswer = { status: number; headers: Record<string, string | undefined>; body: string }

/** The one way to other people's servers. */
export type Outbound = {
  /**
   * Gets a small text over https. Redirects are not followed. Throws when the host means a special-use address (a
   * private network, this machine, a cloud's metadata service), when the answer is larger than `mostBytes` or
   * not there within 3 seconds.
   */
  get(url: string, options: { accept: string; mostBytes: number }): Promise<OutboundAnswer>
}

const answerMs = 3000

/** `tls` and `lookup` are for tests, whose hosts are on this machine. */
export function openOutbound(
  options: { lookup?: LookupFunction; tls?: RequestOptions; isAllowed?: (address: string) => boolean } = {}
): Outbound {
  const isAllowed = options.isAllowed ?? isPublicAddress
  const lookup = guardLookup(options.lookup ?? (systemLookup as LookupFunction), isAllowed)
  return {
    get: async (text, { accept, mostBytes }) => {
      const url = new URL(text)
      if (url.protocol !== 'https:') throw new Error('only https leaves this server')
      // A host that is an address is never looked up.
      const host = url.hostname.replace(/^\[|\]$/g, '')
      if (isIP(host) !== 0 && !isAllowed(host)) throw new Error('the address is not public')
      return ask({ ...options.tls, lookup, headers: { accept, 'user-agent': 'Ekso' } }, url, mostBytes)
    }
  }
}

/** Whether an address is one of the public internet: neither private nor special (RFC 6890). */
export function isPublicAddress(address: string): boolean {
  return isIP(address) !== 0 && ipaddr.process(address).range() === 'unicast'
}

// Judged when the socket is opened, on the very addresses that it will use: a name cannot change between.
function guardLookup(lookup: LookupFunction, isAllowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, done) =>
    lookup(hostname, options, (error, found, family) => {
      const addresses = Array.isArray(found) ? found.map(({ address }) => address) : [found]
      if (!error && !addresses.every((address) => isAllowed(address)))
        done(
          Object.assign(new Error('the host means an address that is not public'), { code: 'EACCES' }),
          found,
          family
        )
      else done(error, found, family)
    })
}

function ask(options: RequestOptions, url: URL, mostBytes: number): Promise<OutboundAnswer> {
  return new Promise((resolve, reject) => {
    const call = request(url, {
      ...options,
      method: 'GET',
      agent: false,
      signal: AbortSignal.timeout(answerMs)
    })
    call.once('error', reject)
    call.once('response', (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size <= mostBytes) return void chunks.push(chunk)
        reject(new Error('the answer is too large'))
        call.destroy()
      })
      response.once('error', reject)
      response.once('end', () => {
        const headers = Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [
            name,
            Array.isArray(value) ? value.join(', ') : value
          ])
        )
        resolve({ status: response.statusCode ?? 0, headers, body: Buffer.concat(chunks).toString('utf8') })
      })
    })
    call.end()
  })
}
