import { defaultScopes } from '#server/kernel/actor.ts'
import { oauthScopes, readResource, resourceUrl } from '../resource-server/oauth-metadata.ts'

// What is not named here is left out: RFC 6749 section 3.1 wants unknown parameters ignored, while the library
// refuses some that belong to OpenID Connect.
const known = new Set([
  'client_id',
  'redirect_uri',
  'response_type',
  'response_mode',
  'state',
  'scope',
  'code_challenge',
  'code_challenge_method',
  'resource',
  'prompt',
  'request',
  'request_uri'
])
const prompts = new Set(['none', 'login', 'consent'])

/**
 * An authorization request as the library understands it: default scopes, spaces in `scope` put right, resources in
 * their one spelling. Doubled parameters stay doubled, so that they are refused.
 */
export function readAuthorizationRequest(query: string, issuer: string): URLSearchParams {
  const given = new URLSearchParams(query)
  const params = new URLSearchParams([...given].filter(([name]) => known.has(name)))
  normaliseScope(params, { isDefaulted: true })
  normaliseResources(params, issuer)
  const [prompt, ...more] = params.getAll('prompt')
  if (prompt !== undefined && more.length === 0) {
    const kept = words(prompt).filter((word) => prompts.has(word))
    if (kept.length === 0) params.delete('prompt')
    else params.set('prompt', kept.join(' '))
  }
  // An answer in a form needs a script and one in a fragment is for scripts: neither is offered.
  const [mode] = params.getAll('response_mode')
  if (mode !== undefined && mode !== '' && mode !== 'query') params.set('response_mode', 'unsupported')
  return params
}

/** A form posted to `/token` in the same way. Here nothing is defaulted: no scope means all that was granted. */
export function readTokenRequest(body: string, issuer: string): URLSearchParams {
  const params = new URLSearchParams(body)
  normaliseScope(params, { isDefaulted: false })
  normaliseResources(params, issuer)
  return params
}

function normaliseScope(params: URLSearchParams, { isDefaulted }: { isDefaulted: boolean }): void {
  const [scope, ...more] = params.getAll('scope')
  if (more.length > 0) return
  const asked = [...new Set(words(scope ?? ''))]
  const meant = isDefaulted ? withDefault(asked) : asked
  if (meant.length > 0) params.set('scope', meant.join(' '))
  else params.delete('scope')
}

// Unknown scopes are left out beside known ones (RFC 6749 section 3.3); of unknown ones alone none is, to be refused.
function withDefault(asked: string[]): string[] {
  const understood = asked.filter((word) => oauthScopes.includes(word))
  const isMalformed = asked.some((word) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(word))
  if (isMalformed || (asked.length > 0 && understood.length === 0)) return asked
  const isOnlyOffline = understood.every((word) => word === 'offline_access')
  return isOnlyOffline ? [...defaultScopes, ...understood] : understood
}

function normaliseResources(params: URLSearchParams, issuer: string): void {
  const given = params.getAll('resource')
  if (given.length === 0) return
  params.delete('resource')
  const meant = given.map((text) => {
    const resource = readResource(issuer, text)
    return resource === undefined ? text : resourceUrl(issuer, resource)
  })
  for (const resource of new Set(meant)) params.append('resource', resource)
}

function words(text: string): string[] {
  return text.split(' ').filter(Boolean)
}
