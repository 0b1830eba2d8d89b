import { defaultScopes, type Resource, scopes } from '#server/kernel/actor.ts'

/** The identifier of a protected resource of an issuer (RFC 8707, RFC 9728): the audience of its tokens. */
export function resourceUrl(issuer: string, resource: Resource): string {
  return `${issuer}/${resource}`
}

/** Scopes as authorization requests may name them. */
export const oauthScopes: readonly string[] = [...scopes, 'offline_access']

/**
 * The document of RFC 8414. Made from the stored issuer and nothing of the request, so that neither Host nor
 * X-Forwarded-* can put a foreign address into it (contract §3).
 */
export function authorizationServerMetadata(
  issuer: string,
  options: { takesClientDocuments: boolean }
): object {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    revocation_endpoint: `${issuer}/revoke`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    scopes_supported: oauthScopes,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: clientAuthMethods,
    token_endpoint_auth_signing_alg_values_supported: clientAuthAlgorithms,
    revocation_endpoint_auth_methods_supported: clientAuthMethods,
    revocation_endpoint_auth_signing_alg_values_supported: clientAuthAlgorithms,
    authorization_response_iss_parameter_supported: true,
    // Absent rather than false: clients look for the member (draft-ietf-oauth-client-id-metadata-document).
    ...(options.takesClientDocuments ? { client_id_metadata_document_supported: true } : {}),
    protected_resources: [resourceUrl(issuer, 'api'), resourceUrl(issuer, 'mcp')],
    service_documentation: `${issuer}/docs`
  }
}

/** How clients may authenticate at `/token` and `/revoke`. */
export const clientAuthMethods = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt'
] as const
export const clientAuthAlgorithms = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const

/**
 * The document of RFC 9728. Without a resource it is that of the origin as a whole, whose tokens are those of `/api`;
 * `resource` is exactly the address that the well-known path was inserted into (§3.3).
 */
export function protectedResourceMetadata(
  issuer: string,
  workspace: string,
  resource: Resource | undefined
): object {
  return {
    resource: resource === undefined ? issuer : resourceUrl(issuer, resource),
    authorization_servers: [issuer],
    // The baseline; a door that needs more says so in its challenge. Never offline_access.
    scopes_supported: defaultScopes,
    bearer_methods_supported: ['header'],
    resource_name: workspace,
    resource_documentation: `${issuer}/docs`
  }
}

/**
 * The resource that an address means, written in any usual way: host in capitals, a slash at the end, the origin
 * alone (older clients cut the path). Undefined when it is none of this issuer's.
 */
export function readResource(issuer: string, text: string): Resource | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || url.origin !== issuer || url.search || url.hash || url.username || url.password)
    return undefined
  const path = url.pathname.replace(/\/$/, '')
  if (path === '' || path === '/api') return 'api'
  return path === '/mcp' ? 'mcp' : undefined
}
