import type { IncomingMessage } from 'node:http'

/** What the request line says, read once before routing. */
export type RequestTarget = {
  /** Path and query as routed: without version segment and `api-version`. */
  url: string
  /** The path alone, without version segment, escapes as written. */
  path: string
  /** Every API version that the path and the query name, as written. */
  versions: string[]
  /** The part that is malformed, when one is: the request is then refused whatever its route. */
  fault: string | undefined
}

export const targetLimit = 8192
const targets = new WeakMap<IncomingMessage, RequestTarget>()
const versionSegment = /^\/api\/(v[0-9][^/]*|[0-9]+(?:\.[0-9]+)*)(?=\/)/

/** The target of this request. A malformed one is routed to nowhere, so that it passes the same gates as any other. */
export function readTarget(request: IncomingMessage): RequestTarget {
  const known = targets.get(request)
  if (known) return known
  const target = parseTarget(request.url ?? '/', request.headers.host)
  targets.set(request, target)
  return target
}

function parseTarget(given: string, host: string | undefined): RequestTarget {
  const url = withoutOrigin(given, host)
  const rawPath = (url ?? given).split('?', 1)[0] ?? ''
  // RFC 9112 section 3.2: a request target has no fragment, and the router would cut one off in silence.
  const isSound = url !== undefined && given.length <= targetLimit && !url.includes('#')
  if (!isSound || decodeText(rawPath) === undefined) return { ...nowhere, path: rawPath, fault: 'url' }
  const pairs = url === rawPath ? [] : url.slice(rawPath.length + 1).split('&')
  const faulty = pairs.find((pair) => decodeFormText(pair) === undefined)
  if (faulty !== undefined) {
    const fault = decodeFormText(nameOf(faulty)) || 'url'
    return { ...versioned(rawPath, []), fault }
  }
  return { ...versioned(rawPath, pairs), fault: undefined }
}

const nowhere = { url: '/.malformed', versions: [] }

function versioned(rawPath: string, pairs: string[]): Omit<RequestTarget, 'fault'> {
  if (!rawPath.startsWith('/api/')) return { url: join(rawPath, pairs), path: rawPath, versions: [] }
  const segment = versionSegment.exec(rawPath)?.[1]
  const isVersion = (pair: string) => decodeFormText(nameOf(pair)) === 'api-version'
  const named = pairs
    .filter(isVersion)
    .map((pair) => decodeFormText(pair.slice(nameOf(pair).length + 1)) ?? '')
  const path = segment === undefined ? rawPath : rawPath.replace(versionSegment, '/api')
  const kept = pairs.filter((pair) => !isVersion(pair))
  const segments = segment === undefined ? [] : [segment.replace(/^v/, '')]
  return { url: join(path, kept), path, versions: [...segments, ...named] }
}

function join(path: string, pairs: string[]): string {
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}

// RFC 9112 section 3.2.2: absolute form must be accepted; its host must not differ from the Host that is judged.
function withoutOrigin(url: string, host: string | undefined): string | undefined {
  if (url.startsWith('/') || url === '*') return url
  const match = /^https?:\/\/([^/?#]+)(.*)$/i.exec(url)
  if (!match || match[1]?.toLowerCase() !== host?.toLowerCase()) return undefined
  const rest = match[2] ?? ''
  return rest.startsWith('/') ? rest : `/${rest}`
}

function nameOf(pair: string): string {
  return pair.split('=', 1)[0] ?? ''
}

/** Text with its percent escapes decoded. Undefined when they are not valid UTF-8 or hide a NUL. */
function decodeText(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    const decoded = decodeURIComponent(text)
    return decoded.includes('\0') ? undefined : decoded
  } catch {
    return undefined
  }
}

/** The same for form encoding, where `+` is a space. */
export function decodeFormText(text: string): string | undefined {
  return decodeText(text.replaceAll('+', ' '))
}
