import * as oauth from 'openid-client'
import {
  type AuthorizationServer,
  openAuthorizationServer
} from '#server/features/oauth/authorization-server.ts'
import { type Decision, finishInteraction } from '#server/features/oauth/oauth-interaction.ts'
import { openKeyring } from '#server/features/oauth-keys/keyring.ts'
import { tenantOrigin } from '#server/kernel/hosts.ts'
import { type Outbound, openOutbound } from '#server/kernel/outbound.ts'
import { readSettings } from '#server/kernel/settings.ts'
import { newWish, openWorkspaceFor } from './signups.ts'
import type { Answer, CallOptions, World } from './world.ts'

/** A workspace with its owner, as clients and users meet it. */
export type Place = {
  world: World
  tenant: { id: string; domain: string | null; isHome: boolean }
  userId: string
  issuer: string
  host: string
  call(what: string, options?: CallOptions): Promise<Answer>
  /** The rules behind the pages, for the decisions of the user. */
  server: AuthorizationServer
}

const publicUrl = new URL('http://localhost:6050')

/** A workspace that was opened by a sign-up. */
export async function openPlace(world: World, outbound: Outbound = openOutbound()): Promise<Place> {
  const wish = newWish()
  const { workspace } = await openWorkspaceFor(world, wish)
  return placeOf(world, { id: workspace.tenantId, domain: wish.domain, isHome: false }, outbound)
}

/** The home workspace with a user of its own. */
export async function openHome(world: World): Promise<Place> {
  const [home] = await world.db.read({ tenantId: '' }, (tables) =>
    tables.selectFrom('tenants').select('id').where('is_home', '=', true)
  )
  if (!home) throw new Error('there is no home workspace')
  await world.db.write({ tenantId: home.id }, (tx) =>
    tx
      .insertInto('users')
      .values({
        tenant_id: home.id,
        id: 'user_00000000000000000000000000',
        name: 'Olga Owner',
        email: 'olga@home.example',
        email_key: 'olga@home.example',
        is_super_admin: true,
        created: world.now(),
        created_by: 'user_00000000000000000000000000',
        updated: world.now(),
        updated_by: 'user_00000000000000000000000000'
      })
      .execute()
  )
  return placeOf(world, { id: home.id, domain: null, isHome: true }, openOutbound())
}

async function placeOf(world: World, tenant: Place['tenant'], outbound: Outbound): Promise<Place> {
  const [user] = await world.db.read({ tenantId: tenant.id }, (tables) =>
    tables.selectFrom('users').select('id').where('tenant_id', '=', tenant.id)
  )
  if (!user) throw new Error('the workspace has no user')
  const issuer = tenantOrigin(publicUrl, tenant)
  const { host } = new URL(issuer)
  const { db, secrets, now: clock } = world
  const keyring = openKeyring({ db, secrets, clock })
  const settings = readSettings({ EKSO_CIMD: 'on' })
  const parts = { db, secrets, clock, settings, keyring, outbound, publicUrl: () => publicUrl }
  return {
    world,
    tenant,
    userId: user.id,
    issuer,
    host,
    call: (what, options = {}) => world.call(what, { host, ...options }),
    server: openAuthorizationServer(parts)
  }
}

/** `fetch` that ends in this process's server. */
export function fetchIn(place: Place): oauth.CustomFetch {
  return async (url, { method, headers, body }) => {
    const { pathname, search, host } = new URL(url)
    const text = body === undefined || body === null ? undefined : String(body)
    const answer = await place.world.call(`${method} ${pathname}${search}`, {
      host,
      headers: { ...headers } as Record<string, string>,
      ...(text === undefined ? {} : { body: text })
    })
    const given = Object.entries(answer.headers).filter(
      (pair): pair is [string, string] => pair[1] !== undefined
    )
    return new Response(answer.status === 204 ? null : answer.text, {
      status: answer.status,
      headers: given.map(([name, value]) => [name, String(value)])
    })
  }
}

export const loopback = 'http://127.0.0.1:43117/callback'

/** An independent client that has discovered the server and registered itself. */
export async function registerClient(
  place: Place,
  metadata: Partial<oauth.ClientMetadata> = {},
  auth: oauth.ClientAuth | undefined = metadata.token_endpoint_auth_method === undefined
    ? oauth.None()
    : undefined
): Promise<oauth.Configuration> {
  const config = await oauth.dynamicClientRegistration(
    new URL(place.issuer),
    { client_name: 'Test agent', redirect_uris: [loopback], token_endpoint_auth_method: 'none', ...metadata },
    auth,
    { algorithm: 'oauth2', [oauth.customFetch]: fetchIn(place), execute: [oauth.allowInsecureRequests] }
  )
  config[oauth.customFetch] = fetchIn(place)
  return config
}

/** A browser: keeps the cookies that it is given. */
export type Browser = { jar: Map<string, string>; open(what: string, options?: CallOptions): Promise<Answer> }

export function openBrowser(place: Place): Browser {
  const jar = new Map<string, string>()
  return {
    jar,
    open: async (what, options = {}) => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      const answer = await place.call(what, {
        ...options,
        headers: { accept: 'text/html', ...(cookie ? { cookie } : {}), ...options.headers }
      })
      for (const line of [answer.headers['set-cookie'] ?? []].flat()) keepCookie(jar, line)
      return answer
    }
  }
}

function keepCookie(jar: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';')
  const [name = '', value = ''] = pair.split(/=(.*)/s)
  if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name)
  else jar.set(name, value)
}

export type Consent = { verifier: string; state: string; url: URL; redirectUri: string }

/** An authorization request of a client, with fresh PKCE and state. */
export async function askConsent(
  config: oauth.Configuration,
  params: Record<string, string> = {}
): Promise<Consent> {
  const verifier = oauth.randomPKCECodeVerifier()
  const state = oauth.randomState()
  const redirectUri = params.redirect_uri ?? loopback
  const url = oauth.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    ...params
  })
  return { verifier, state, url, redirectUri }
}

/** Walks a browser from `/authorize` over the user's decision back to the client; answers where it was sent. */
export async function decideIn(place: Place, browser: Browser, url: URL, decision: Decision): Promise<URL> {
  const begun = await browser.open(`GET ${url.pathname}${url.search}`)
  const uid = /\/interaction\/([^/?]+)$/.exec(begun.headers.location ?? '')?.[1]
  if (!uid) return new URL(begun.headers.location ?? `about:${begun.status}`)
  const cookies = [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const next = await finishInteraction(place.server, { tenant: place.tenant, uid, cookies }, decision)
  if (!next) throw new Error('the interaction could not be finished')
  const resumed = await browser.open(`GET ${new URL(next).pathname}`)
  return new URL(resumed.headers.location ?? `about:${resumed.status}`)
}

export type Tokens = Awaited<ReturnType<typeof oauth.authorizationCodeGrant>>

/** A whole connection: consent to all that is asked, code, tokens. */
export async function connect(
  place: Place,
  config: oauth.Configuration,
  params: Record<string, string> = {}
): Promise<Tokens> {
  const consent = await askConsent(config, params)
  const granted = ['work:read', 'work:write', 'time:write', 'money:read', 'admin'] as const
  const back = await decideIn(place, openBrowser(place), consent.url, { userId: place.userId, granted })
  return redeem(config, consent, back)
}

/** Exchanges the code that came back. */
export function redeem(config: oauth.Configuration, consent: Consent, back: URL): Promise<Tokens> {
  return oauth.authorizationCodeGrant(config, back, {
    pkceCodeVerifier: consent.verifier,
    expectedState: consent.state
  })
}
