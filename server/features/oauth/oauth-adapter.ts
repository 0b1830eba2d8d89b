import type { Adapter, AdapterPayload } from 'oidc-provider'
import type { Secrets } from '#server/kernel/secrets.ts'
import { dropClient, findStoredClient, saveRegisteredClient } from '../oauth-clients/oauth-client.ts'
import {
  type ArtifactKind,
  consumeArtifact,
  dropArtifact,
  findArtifact,
  type Payload,
  saveArtifact
} from './oauth-artifact.ts'
import { type ExchangeScope, exchangeScope } from './oauth-exchange.ts'
import { deleteGrant, findGrantPayload } from './oauth-grant.ts'

export type AdapterPlace = { tenantId: string; secrets: Secrets }

type Step<T> = (scope: ExchangeScope) => Promise<T>

const artifactKinds: readonly string[] = [
  'AuthorizationCode',
  'RefreshToken',
  'Interaction',
  'RegistrationAccessToken',
  'ReplayDetection'
] satisfies ArtifactKind[]

/**
 * The library's storage for one workspace. Every step runs in the transaction of the request that asked for it, and
 * reads this workspace alone: the token of another one is simply not found.
 */
export function makeAdapter(model: string, place: AdapterPlace): Adapter {
  if (model === 'Client') return clientAdapter(place)
  if (model === 'Grant') return grantAdapter(place)
  if (artifactKinds.includes(model)) return artifactAdapter(model as ArtifactKind, place)
  // The library's own browser session is never kept: ours says who is signed in. JWTs are not stored at all.
  return {
    ...refusing,
    upsert: nothing,
    find: nothing,
    findByUid: nothing,
    destroy: nothing,
    revokeByGrantId: nothing
  }
}

function artifactAdapter(kind: ArtifactKind, { tenantId }: AdapterPlace): Adapter {
  const at = (id: string) => ({ tenantId, kind, id })
  return {
    ...refusing,
    upsert: (id, payload, expiresIn) =>
      run(({ tx, now, browserHash }) =>
        saveArtifact(tx, now, at(id), {
          payload: payload as Payload,
          expiresInSeconds: expiresIn ?? registrationTokenSeconds,
          browserHash: kind === 'Interaction' ? browserHash : undefined
        })
      ),
    find: (id) =>
      run(async ({ tx, now }) => {
        const found = await findArtifact(tx, now, at(id))
        const consumed = found?.consumed ? { consumed: Math.floor(found.consumed.getTime() / 1000) } : {}
        return found && ({ ...found.payload, ...consumed } as AdapterPayload)
      }),
    consume: (id) =>
      run(async ({ tx, now }) => {
        // The request holds the row's lock since before the library looked, so this cannot happen.
        if (!(await consumeArtifact(tx, now, at(id)))) throw new Error(`a ${kind} was consumed twice`)
      }),
    destroy: (id) => run(({ tx }) => dropArtifact(tx, at(id))),
    revokeByGrantId: (grantId) => run(({ tx }) => deleteGrant(tx, tenantId, grantId))
  }
}

// A registration token lives as long as its client, which takes it along.
const registrationTokenSeconds = 10 * 365 * 24 * 3600

function grantAdapter({ tenantId }: AdapterPlace): Adapter {
  return {
    ...refusing,
    find: (id) =>
      run(({ tx, now }) => findGrantPayload(tx, now, tenantId, id) as Promise<AdapterPayload | undefined>),
    destroy: (id) => run(({ tx }) => deleteGrant(tx, tenantId, id))
  }
}

function clientAdapter({ tenantId, secrets }: AdapterPlace): Adapter {
  return {
    ...refusing,
    upsert: (id, payload) =>
      run(({ tx, now }) => saveRegisteredClient(tx, { secrets, now }, tenantId, id, payload as Payload)),
    find: (id) =>
      run(async ({ tx, now }) => {
        const found = await findStoredClient(tx, { secrets, now }, tenantId, id)
        return found?.metadata as AdapterPayload | undefined
      }),
    destroy: (id) => run(({ tx }) => dropClient(tx, tenantId, id))
  }
}

const nothing = async () => undefined

const refuse = async (): Promise<never> => {
  throw new Error('the OAuth library uses a part of its storage that is switched off')
}

const refusing: Adapter = {
  upsert: refuse,
  find: refuse,
  findByUserCode: refuse,
  findByUid: refuse,
  destroy: refuse,
  consume: refuse,
  revokeByGrantId: refuse
}

async function run<T>(step: Step<T>): Promise<T> {
  const scope = exchangeScope()
  try {
    return await step(scope)
  } catch (error) {
    scope.failure ??= error
    throw error
  }
}
