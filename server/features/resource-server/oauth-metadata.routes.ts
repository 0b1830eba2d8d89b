import type { FastifyReply } from 'fastify'
import { tenantOrigin } from '#server/kernel/hosts.ts'
import { anyone } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import type { Keyring } from '../oauth-keys/keyring.ts'
import { authorizationServerMetadata, protectedResourceMetadata } from './oauth-metadata.ts'

// Short, so that a switched setting is seen soon; keys are announced a day before they sign.
const cacheSeconds = 300

/** What clients discover, on the host of every workspace: RFC 8414, RFC 9728, and the keys. */
export function oauthMetadataRoutes(
  { http, publicUrl }: App,
  parts: { keyring: Keyring; takesClientDocuments: () => boolean }
): void {
  const config = { access: anyone({ on: 'any' }) }

  http.get('/.well-known/oauth-authorization-server', { config }, ({ tenant }, reply) => {
    const options = { takesClientDocuments: parts.takesClientDocuments() }
    return show(reply, authorizationServerMetadata(tenantOrigin(publicUrl(), tenant), options))
  })

  http.get('/.well-known/oauth-protected-resource', { config }, ({ tenant }, reply) =>
    show(reply, protectedResourceMetadata(tenantOrigin(publicUrl(), tenant), tenant.name, undefined))
  )

  http.get('/.well-known/oauth-protected-resource/api', { config }, ({ tenant }, reply) =>
    show(reply, protectedResourceMetadata(tenantOrigin(publicUrl(), tenant), tenant.name, 'api'))
  )

  http.get('/.well-known/oauth-protected-resource/mcp', { config }, ({ tenant }, reply) =>
    show(reply, protectedResourceMetadata(tenantOrigin(publicUrl(), tenant), tenant.name, 'mcp'))
  )

  http.get('/.well-known/jwks.json', { config }, async ({ tenant }, reply) => {
    const { published } = await parts.keyring.keysOf(tenant.id)
    return show(reply, { keys: published })
  })
}

function show(reply: FastifyReply, document: object): FastifyReply {
  return reply
    .header('cache-control', `public, max-age=${cacheSeconds}`)
    .type('application/json; charset=utf-8')
    .serializer(String)
    .send(JSON.stringify(document))
}
