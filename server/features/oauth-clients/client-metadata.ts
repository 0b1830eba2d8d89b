import { hasForbiddenCharacters } from '#server/kernel/plain-text.ts'

/** RFC 7591 metadata as it is handed to the library: known members only, in shapes that its own checks go on from. */
export type ClientMetadata = Record<string, unknown> & { redirect_uris: string[] }

/** Why a registration is refused, in the words of RFC 7591 §3.2.2. */
export type MetadataFault = {
  error: 'invalid_client_metadata' | 'invalid_redirect_uri'
  error_description: string
}

const mostRedirectUris = 10
const longestUri = 512
const longestName = 100
const mostContacts = 5
const mostKeyBytes = 8 * 1024

const forbiddenSchemes = new Set([
  'javascript:',
  'vbscript:',
  'data:',
  'blob:',
  'file:',
  'about:',
  'mailto:',
  'ftp:',
  'ws:',
  'wss:'
])
const grantTypes = ['authorization_code', 'refresh_token']
const texts = [
  'client_name',
  'client_uri',
  'logo_uri',
  'tos_uri',
  'policy_uri',
  'software_id',
  'software_version'
]
const passed = [
  'token_endpoint_auth_method',
  'token_endpoint_auth_signing_alg',
  'token_endpoint_auth_methods_supported'
]

/**
 * What a client may say of itself at registration. What we do not know is left out, as RFC 7591 §2 wants; so are a
 * `scope`, which would forbid asking for more later, and grant types of others beside ours. Whatever is no web
 * address makes the client `native`, under whose rules http is for loopback alone.
 */
export function readClientMetadata(body: Record<string, unknown>): ClientMetadata | MetadataFault {
  const fault = findFault(body)
  if (fault) return fault
  const uris = body.redirect_uris as string[]
  const isWeb = body.application_type === 'web' && uris.every((uri) => uri.startsWith('https:'))
  const asked = Array.isArray(body.grant_types) ? body.grant_types : grantTypes
  const given = (name: string) => body[name] !== undefined && body[name] !== null && body[name] !== ''
  return {
    ...Object.fromEntries(
      [...texts, ...passed, 'jwks', 'contacts'].filter(given).map((name) => [name, body[name]])
    ),
    redirect_uris: uris,
    application_type: isWeb ? 'web' : 'native',
    grant_types: grantTypes.filter((type) => asked.includes(type)),
    response_types: ['code']
  }
}

export function isFault(read: ClientMetadata | MetadataFault): read is MetadataFault {
  return 'error_description' in read
}

/** The metadata of a client id metadata document. Undefined when it is not one that may be used. */
export function readClientDocument(clientId: string, text: string): ClientMetadata | undefined {
  const body = parseObject(text)
  if (!body || body.client_id !== clientId || typeof body.client_name !== 'string') return undefined
  if ('client_secret' in body || 'client_secret_expires_at' in body) return undefined
  // Its keys would have to be fetched (contract §3); a client that can also do without is taken without.
  const methods = [body.token_endpoint_auth_method, body.token_endpoint_auth_methods_supported].flat()
  const isPublic = methods.every((method) => method === undefined) || methods.includes('none')
  if (!isPublic && body.jwks === undefined) return undefined
  const { jwks_uri: _address, jwks, token_endpoint_auth_methods_supported: _choices, ...rest } = body
  const auth = isPublic
    ? { token_endpoint_auth_method: 'none' }
    : { jwks, token_endpoint_auth_method: 'private_key_jwt' }
  const read = readClientMetadata({ ...rest, ...auth })
  return isFault(read) ? undefined : { ...read, client_id: clientId }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null && !Array.isArray(body)
      ? (body as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function findFault(body: Record<string, unknown>): MetadataFault | undefined {
  const metadata = (error_description: string): MetadataFault => ({
    error: 'invalid_client_metadata',
    error_description
  })
  for (const name of ['jwks_uri', 'sector_identifier_uri'])
    if (body[name] !== undefined)
      return metadata(`${name} is not taken here, since it would have to be fetched: send jwks`)
  for (const name of texts) {
    const value = body[name]
    if (value === undefined || value === null) continue
    if (typeof value !== 'string' || hasForbiddenCharacters(value))
      return metadata(`${name} must be a line of plain text`)
    if (value.length > (name === 'client_name' ? longestName : longestUri))
      return metadata(`${name} is too long`)
  }
  for (const name of ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri']) {
    const value = body[name]
    if (typeof value === 'string' && value !== '' && !/^https?:\/\//i.test(value))
      return metadata(`${name} must be a web address`)
  }
  if (Array.isArray(body.contacts) && body.contacts.length > mostContacts)
    return metadata(`at most ${mostContacts} contacts`)
  if (body.jwks !== undefined && JSON.stringify(body.jwks).length > mostKeyBytes)
    return metadata('jwks is too large')
  if (Array.isArray(body.grant_types) && !body.grant_types.includes('authorization_code'))
    return metadata('grant_types must include authorization_code')
  if (Array.isArray(body.response_types) && !body.response_types.includes('code'))
    return metadata('response_types must include code')
  return findUriFault(body.redirect_uris)
}

function findUriFault(uris: unknown): MetadataFault | undefined {
  const fault = (error_description: string): MetadataFault => ({
    error: 'invalid_redirect_uri',
    error_description
  })
  if (!Array.isArray(uris) || uris.length === 0) return fault('redirect_uris must name at least one address')
  if (uris.length > mostRedirectUris) return fault(`at most ${mostRedirectUris} redirect_uris`)
  for (const uri of uris) {
    if (typeof uri !== 'string' || uri.length > longestUri || !URL.canParse(uri) || /[\s\\]/.test(uri))
      return fault('each of redirect_uris must be an absolute address of at most 512 characters')
    const url = new URL(uri)
    if (uri.includes('#') || url.username || url.password)
      return fault('redirect_uris take no fragment and no user')
    if (forbiddenSchemes.has(url.protocol))
      return fault(`redirect_uris take no ${url.protocol.slice(0, -1)} addresses`)
    if (url.protocol === 'http:' && !isLoopback(url)) return fault('http is for loopback redirect_uris alone')
  }
  return undefined
}

// RFC 8252 section 7.1 wants an app's scheme to be a domain of its maker, backwards; these apps had theirs before.
const knownSchemes = new Set([
  'claude:',
  'cursor:',
  'vscode:',
  'vscode-insiders:',
  'vscodium:',
  'windsurf:',
  'zed:'
])

/**
 * Whether a browser may be sent to this address with an answer. A registration takes any scheme, so that one
 * unfamiliar address does not fail the others; but some start programs of the system, whatever follows.
 */
export function mayRedirectTo(uri: string): boolean {
  const url = URL.parse(uri)
  if (!url) return false
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) return true
  return knownSchemes.has(url.protocol) || /^[a-z0-9-]+(?:\.[a-z0-9-]+)+:$/.test(url.protocol)
}

/** Whether an address leads to the user's own machine. */
export function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '127.0.0.1' || url.hostname === '[::1]'
}
