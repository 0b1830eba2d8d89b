import ipaddr from 'ipaddr.js'
import { isLocalhostName } from './hosts.ts'

export type ParsedPublicUrl = { url: URL; fault?: undefined } | { url?: undefined; fault: string }

// Labels of letters, digits, `-` and `_`; room is left for a workspace's name in front.
const hostName =
  /^(?=.{1,230}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/**
 * Reads a public URL, or says what is wrong with it, as the rest of a sentence that begins with its name. By form
 * alone: nothing is looked up or fetched (contract §4, §5).
 */
export function parsePublicUrl(text: string): ParsedPublicUrl {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase()
  // URL parsers drop control characters and take `\` for `/`: what a person reads would not be what is meant.
  if (scheme === undefined || /[\p{Cc}\p{Cf}\s\\]/u.test(text)) return { fault: 'is not a URL' }
  if (scheme !== 'http' && scheme !== 'https') return { fault: 'must have the scheme http or https' }
  if (/^https?:(?!\/\/)/i.test(text)) return { fault: 'is not a URL' }
  if (/^https?:\/\/(?:[/?#:@]|$)/i.test(text)) return { fault: 'has no host' }
  if (!URL.canParse(text)) return { fault: 'is not a URL' }
  const url = new URL(text)
  const fault = originFault(url)
  return fault === undefined ? { url } : { fault }
}

function originFault(url: URL): string | undefined {
  if (url.pathname !== '/' || url.search || url.hash || url.username || url.password)
    return 'must be an origin alone, without path, query or user'
  if (ipaddr.isValid(url.hostname.replace(/^\[|\]$/g, '')))
    return 'must have a host name rather than an IP address: workspaces are sub-domains of it'
  if (url.protocol === 'http:' && !isLocalhostName(url.hostname))
    return 'must be https unless it is localhost'
  return hostName.test(url.hostname)
    ? undefined
    : 'must have a host name of letters, digits, dots and hyphens'
}

/** Whether the install is in use on this machine alone. */
export function isLocalhostUrl(url: URL): boolean {
  return isLocalhostName(url.hostname)
}
