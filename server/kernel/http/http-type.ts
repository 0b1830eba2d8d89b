import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault
} from 'fastify'
import type { Actor, Resource, Scope } from '../actor.ts'
import type { Tenant } from './tenant-host.ts'

/**
 * Where a door answers. `home`: the public host and the loopback names. `any`: the host of every workspace, home
 * included. `anywhere`: any Host at all, without a tenant and uncounted: probes and static files only.
 */
export type Where = 'home' | 'any' | 'anywhere'

/** A door for callers with a token. All of `scopes` are needed; none means that any token will do. */
export type SignedInAccess = {
  kind: 'signed-in'
  on: 'home' | 'any'
  resource: Resource
  scopes: readonly Scope[]
}

/** Who may use a door. `anyone` is an API or a document; `page` is HTML for people, whose forms must be its own. */
export type Access = { kind: 'anyone'; on: Where } | { kind: 'page'; on: 'home' | 'any' } | SignedInAccess

/** A door as it was registered. */
export type Door = { method: string; url: string; access: Access }

export type Http = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every door must say it; a route without it stops the boot. */
    access?: Access
  }
  interface FastifyRequest {
    /** The open workspace that this request's host names. Not on routes that answer anywhere. */
    tenant: Tenant
    /** Who calls. Only on routes for those who are signed in. */
    actor: Actor
    /** The client, as far as trusted proxies tell; normalised. */
    clientAddress: string
  }
  interface FastifyInstance {
    /** Whether the server is closing and refuses new requests. */
    stopping: () => boolean
    /** Every door, in the order of registration. */
    doors: Door[]
  }
}
