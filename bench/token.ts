// Refreshes over HTTP, on our server with its PostgreSQL and on the bare library with its memory: what one costs.
// Run: node bench/token.ts [refreshes]. The client is in the same process on both sides.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import { giveAgentAccess } from '#server/features/agent-access/agent-access.ts'
import { openHome } from '../testing/oauth.ts'
import { globalSetup, globalTeardown } from '../testing/postgres.ts'
import { openWorld } from '../testing/world.ts'

const refreshes = Number(process.argv[2] ?? 1000)
const connections = 8
const verifier = 'a verifier of forty-three characters or more, said once'.replaceAll(/[ ,]/g, '-')
const challenge = createHash('sha256').update(verifier).digest('base64url')

type Chain = { url: string; headers: Record<string, string>; clientId: string; token: string }

async function refresh(chain: Chain): Promise<void> {
  const form = { grant_type: 'refresh_token', refresh_token: chain.token, client_id: chain.clientId }
  const answer = await fetch(chain.url, {
    method: 'POST',
    headers: chain.headers,
    body: new URLSearchParams(form)
  })
  const body = (await answer.json()) as { refresh_token?: string }
  if (!body.refresh_token) throw new Error(JSON.stringify(body))
  chain.token = body.refresh_token
}

/** Each chain refreshes its own token, one after the other, as agents do. */
async function measure(name: string, chains: Chain[]): Promise<void> {
  for (const chain of chains) for (let at = 0; at < 10; at++) await refresh(chain)
  const [started, cpu] = [performance.now(), process.cpuUsage()]
  const each = Math.ceil(refreshes / chains.length)
  await Promise.all(
    chains.map(async (chain) => {
      for (let at = 0; at < each; at++) await refresh(chain)
    })
  )
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const count = each * chains.length
  const cpuMs = (user + system) / 1000 / count
  console.log(`${name}: ${Math.round(count / seconds)} a second, ${cpuMs.toFixed(2)} ms of CPU each`)
}

async function bareChains(): Promise<{ chains: Chain[]; close: () => void }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const redirectUri = 'http://127.0.0.1/callback'
  const resource = `${origin}/api`
  const provider = new Provider(origin, {
    clients: [
      {
        client_id: 'bench',
        application_type: 'native',
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
        id_token_signed_response_alg: 'ES256'
      }
    ],
    jwks: { keys: [await ownKey()] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    findAccount: async (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    expiresWithSession: async () => false,
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'work:read',
          audience: resource,
          accessTokenFormat: 'jwt' as const
        })
      }
    }
  })
  server.on('request', provider.callback())
  const client = await provider.Client.find('bench')
  if (!client) throw new Error('the client is missing')
  const chains = await Promise.all(
    Array.from({ length: connections }, async () => {
      const grant = new provider.Grant({ accountId: 'user', clientId: 'bench' })
      grant.addResourceScope(resource, 'work:read')
      const grantId = await grant.save()
      const fields = {
        client,
        grantId,
        accountId: 'user',
        scope: 'work:read',
        resource,
        gty: 'authorization_code'
      }
      const token = await new provider.RefreshToken(fields as never).save()
      return { url: `${origin}/token`, headers: {}, clientId: 'bench', token }
    })
  )
  return { chains, close: () => server.close() }
}

async function ownKey() {
  const { generateKeyPairSync } = await import('node:crypto')
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256', use: 'sig' } as never
}

async function ourChains(end: { after(step: () => Promise<void>): void }): Promise<Chain[]> {
  const world = await openWorld(end, 'bench_token')
  const place = await openHome(world)
  await world.http.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(world.http.server.address() as AddressInfo).port}/token`
  const means = { now: world.now(), publicUrl: new URL(place.issuer) } as never
  return Promise.all(
    Array.from({ length: connections }, async () => {
      const wish = {
        tenant: place.tenant,
        userId: place.userId,
        agentName: 'bench',
        codeChallenge: challenge
      }
      const { oauth } = await world.db.write({ tenantId: place.tenant.id }, (tx) =>
        giveAgentAccess(tx, means, wish)
      )
      const form = {
        grant_type: 'authorization_code',
        code: oauth.code,
        code_verifier: verifier,
        redirect_uri: oauth.redirectUri,
        client_id: oauth.clientId
      }
      const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
      const { refresh_token } = (await answer.json()) as { refresh_token: string }
      return { url, headers: {}, clientId: oauth.clientId, token: refresh_token }
    })
  )
}

const ends: (() => Promise<void>)[] = []
await globalSetup()
try {
  const bare = await bareChains()
  await measure('the bare library, in memory', bare.chains)
  bare.close()
  await measure('our /token, PostgreSQL', await ourChains({ after: (step) => void ends.push(step) }))
} finally {
  for (const end of ends) await end()
  await globalTeardown()
}
