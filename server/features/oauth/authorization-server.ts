import { makeBoundedMap } from '#server/kernel/bounded-map.ts'
import type { Clock } from '#server/kernel/clock.ts'
import type { Db, Tx } from '#server/kernel/db.ts'
import { tenantOrigin } from '#server/kernel/hosts.ts'
import type { Outbound } from '#server/kernel/outbound.ts'
import type { Secrets } from '#server/kernel/secrets.ts'
import type { Settings } from '#server/kernel/settings.ts'
import { type ClientDocuments, openClientDocuments } from '../oauth-clients/client-document.ts'
import type { Keyring } from '../oauth-keys/keyring.ts'
import { type Answer, type Ask, type Exchange, type ExchangeScope, makeExchange } from './oauth-exchange.ts'
import { makeProvider } from './oauth-provider.ts'

/** The workspace as a request names it. */
export type TenantPlace = { id: string; domain: string | null; isHome: boolean }

export type ServerParts = {
  db: Db
  secrets: Secrets
  clock: Clock
  settings: Settings
  publicUrl: () => URL
  keyring: Keyring
  outbound: Outbound
}

/** The authorization servers of all workspaces: each is built when it is first needed and forgotten when it rests. */
export type AuthorizationServer = ServerParts & {
  documents: ClientDocuments
  issuerOf(tenant: TenantPlace): string
  /**
   * Runs a step in one transaction of the workspace and hands it the library. What the database or the library
   * failed with is thrown on, and nothing of the request is kept.
   */
  run(
    tenant: TenantPlace,
    step: (scope: ExchangeScope, ask: (ask: Ask) => Promise<Answer>) => Promise<Answer>
  ): Promise<Answer>
}

/** About 240 KB each (measured), so 120 MB in all. */
const mostProviders = 500

export function openAuthorizationServer(parts: ServerParts): AuthorizationServer {
  const documents = openClientDocuments(parts)
  const held = makeBoundedMap<string, { version: string; exchange: Exchange }>(mostProviders)
  const issuerOf = (tenant: TenantPlace) => tenantOrigin(parts.publicUrl(), tenant)
  const exchangeOf = async (tenant: TenantPlace): Promise<Exchange> => {
    const keys = await parts.keyring.keysOf(tenant.id)
    const issuer = issuerOf(tenant)
    const isOn = documents.isOn()
    // Another issuer, key or setting means another provider.
    const version = `${issuer} ${keys.active.kid} ${isOn}`
    const known = held.get(tenant.id)
    if (known?.version === version) return known.exchange
    const readDocument = isOn ? documents.respond : undefined
    const place = { tenantId: tenant.id, issuer, keys, secrets: parts.secrets, readDocument }
    const exchange = makeExchange(makeProvider(place))
    held.set(tenant.id, { version, exchange })
    return exchange
  }
  return {
    ...parts,
    documents,
    issuerOf,
    run: async (tenant, step) => {
      const exchange = await exchangeOf(tenant)
      return parts.db.write({ tenantId: tenant.id }, (tx: Tx) => {
        const scope: ExchangeScope = { tx, now: parts.clock() }
        return step(scope, (ask) => exchange(scope, ask))
      })
    }
  }
}
