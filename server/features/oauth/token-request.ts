import { createHash, randomInt } from 'node:crypto'
import { sql } from 'kysely'
import { recordEvent } from '#server/kernel/audit.ts'
import { addSeconds, type Clock } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import { hashesMatch, type Secrets } from '#server/kernel/secrets.ts'
import { touchClient } from '../oauth-clients/oauth-client.ts'
import { type Artifact, findArtifact, hashArtifactId, pruneExpired } from './oauth-artifact.ts'
import type { Answer, ExchangeScope } from './oauth-exchange.ts'
import { takeGrant } from './oauth-grant.ts'

export type TokenRequest = {
  tenantId: string
  params: URLSearchParams
  /** Whether the caller proves who it is: it then gets no one else's answer. */
  isAuthenticated: boolean
  /** When it came in, before it waited for anything. */
  arrived: Date
}

// A prune takes more rows than so many answers add.
const pruneEvery = 20
const refusedGrant = { error: 'invalid_grant', error_description: 'grant request is invalid' }

export type TokenMeans = { secrets: Secrets; clock: Clock; replaySeconds: number }

/**
 * One request to `/token` inside its transaction. Requests with the same code or refresh token take turns, also over
 * several servers. A refresh that comes together with another, or again within the window while its successor
 * is unused, gets the same answer (contract §3); any other use of a spent refresh token ends its family.
 */
export async function answerTokenRequest(
  scope: ExchangeScope,
  means: TokenMeans,
  request: TokenRequest,
  ask: () => Promise<Answer>
): Promise<Answer> {
  const { params, tenantId } = request
  const code = params.get('grant_type') === 'authorization_code' ? params.get('code') : null
  const token = params.get('grant_type') === 'refresh_token' ? params.get('refresh_token') : null
  if (token) return answerRefresh(scope, means, request, token, ask)
  if (!code) return finish(scope, tenantId, await ask())
  const place = { tenantId, kind: 'AuthorizationCode' as const, id: code }
  const held = await findArtifact(scope.tx, scope.now, place, 'locked')
  if (!held?.consumed) return finish(scope, tenantId, await askOrLeave(scope.tx, ask))
  if (held.grantId) await endFamily(scope, request, held.grantId)
  return plainAnswer(400, refusedGrant)
}

// RFC 6749 section 4.1.2, RFC 9700 section 4.14.2: one of the two who hold it is a thief, and nobody can tell which.
async function endFamily(scope: ExchangeScope, { tenantId }: TokenRequest, grantId: string): Promise<void> {
  const gone = await takeGrant(scope.tx, { tenantId, grantId })
  const entry = { tenantId, kind: 'tokens-revoked' as const, subject: grantId, clientId: gone?.clientId }
  await recordEvent(scope.tx, scope, entry)
}

// The library spends a code or token before it has judged everything: one that was refused must not be spent.
async function askOrLeave(tx: Tx, ask: () => Promise<Answer>): Promise<Answer> {
  await sql`savepoint question`.execute(tx)
  const answer = await ask()
  if (answer.status !== 200) await sql`rollback to savepoint question`.execute(tx)
  return answer
}

async function answerRefresh(
  scope: ExchangeScope,
  means: TokenMeans,
  request: TokenRequest,
  token: string,
  ask: () => Promise<Answer>
): Promise<Answer> {
  const { tx } = scope
  const place = { tenantId: request.tenantId, kind: 'RefreshToken' as const, id: token }
  const free = await findArtifact(tx, scope.now, place, 'if-free')
  const held = free ?? (await findArtifact(tx, scope.now, place, 'locked'))
  scope.now = means.clock()
  if (held?.consumed) {
    const isTogether = free === undefined || request.arrived <= held.consumed
    return answerSpent(scope, means, request, held, isTogether)
  }
  const answer = await askOrLeave(tx, ask)
  if (answer.status === 200 && held?.grantId && 'RotatedRefreshToken' in answer.entities) {
    await forgetAnswers(tx, request.tenantId, held.grantId)
    await keepAnswer(tx, means, request, token, answer)
  }
  return finish(scope, request.tenantId, answer)
}

async function answerSpent(
  scope: ExchangeScope,
  { secrets, replaySeconds }: TokenMeans,
  request: TokenRequest,
  held: Artifact,
  isTogether: boolean
): Promise<Answer> {
  const isInTime = held.consumed !== null && scope.now <= addSeconds(held.consumed, replaySeconds)
  if ((isTogether || (replaySeconds > 0 && isInTime)) && held.sealedAnswer && !request.isAuthenticated) {
    const kept = JSON.parse(secrets.open('oauth-answer', held.sealedAnswer)) as {
      asked: string
      body: unknown
    }
    if (hashesMatch(Buffer.from(kept.asked, 'base64'), fingerprint(request)))
      return plainAnswer(200, kept.body)
  }
  // One that came together with the others found the successor used already: late, but no thief.
  if (!isTogether && held.grantId) await endFamily(scope, request, held.grantId)
  return plainAnswer(400, refusedGrant)
}

// The use of a successor proves that its answer arrived.
async function forgetAnswers(tx: Tx, tenantId: string, grantId: string): Promise<void> {
  await tx
    .updateTable('oauth_artifacts')
    .set({ sealed_answer: null })
    .where('tenant_id', '=', tenantId)
    .where('grant_id', '=', grantId)
    .where('sealed_answer', 'is not', null)
    .execute()
}

// A spent token needs no payload any more: that it existed, and whose family it is of, is what a reuse is judged by.
async function keepAnswer(
  tx: Tx,
  { secrets, clock }: TokenMeans,
  request: TokenRequest,
  token: string,
  answer: Answer
): Promise<void> {
  const kept = { asked: fingerprint(request).toString('base64'), body: answer.body }
  const isShared = !request.isAuthenticated
  await tx
    .updateTable('oauth_artifacts')
    .set({
      payload: '{}',
      consumed: clock(),
      sealed_answer: isShared ? secrets.seal('oauth-answer', JSON.stringify(kept)) : null
    })
    .where('tenant_id', '=', request.tenantId)
    .where('kind', '=', 'RefreshToken')
    .where('id_hash', '=', hashArtifactId(token))
    .execute()
}

// The same question: client, scope and resource.
function fingerprint({ params }: TokenRequest): Buffer {
  const asked = ['client_id', 'scope', 'resource'].map((name) => params.getAll(name))
  return createHash('sha256').update(JSON.stringify(asked)).digest()
}

async function finish(scope: ExchangeScope, tenantId: string, answer: Answer): Promise<Answer> {
  const client = answer.entities.Client
  if (answer.status !== 200 || !client) return answer
  await touchClient(scope.tx, scope.now, tenantId, client.clientId)
  if (randomInt(pruneEvery) === 0) await pruneExpired(scope.tx, scope.now, tenantId)
  return answer
}

function plainAnswer(status: number, body: unknown): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body,
    pageError: undefined,
    entities: {}
  }
}
