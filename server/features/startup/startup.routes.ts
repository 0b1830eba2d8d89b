import type { FastifyReply, FastifyRequest } from 'fastify'
import { anyone } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import { limitKey } from '#server/kernel/http/client-address.ts'
import { countClientCall } from '#server/kernel/http/client-budget.ts'
import { answerProblem, toProblem } from '#server/kernel/http/errors.ts'
import { clearHits } from '#server/kernel/limit-hits.ts'
import { type Problem, problem } from '#server/kernel/problem.ts'
import { hashPassword } from '../people/password.ts'
import { isHomeClaimed } from '../tenancy/home.ts'
import { checkPublicUrl, readClaim } from './claim-wish.ts'
import { claimInstall, isUnsendable } from './home-claim.ts'
import { isSetupToken, needsSetupToken, setupTokenLimit } from './setup-token.ts'
import { Claim, ClaimAnswer, UrlCheck, UrlCheckAnswer, UrlProblem } from './startup.schema.ts'

/** The first run for scripts and agents (contract §4). Both calls are gone once the install is claimed. */
export function startupRoutes(app: App): void {
  const { http } = app
  const door = { config: { access: anyone({ on: 'home' }) }, bodyLimit: 16 * 1024 }

  http.post(
    '/api/startup/url',
    {
      ...door,
      onRequest: () => refuseClaimed(app),
      errorHandler: answerWithError,
      schema: {
        tags: ['First run'],
        summary: 'Check the form of a public URL',
        body: UrlCheck,
        response: { 200: UrlCheckAnswer, '4xx': UrlProblem }
      }
    },
    (request) => checkPublicUrl(request.body.publicUrl)
  )

  http.post(
    '/api/startup',
    {
      ...door,
      // A repeated call finds its first answer although the install is claimed by now (contract §1).
      onRequest: async (request) => {
        if (request.headers['idempotency-key'] === undefined) await refuseClaimed(app)
      },
      errorHandler: async (error, request, reply) =>
        answerProblem(await doneInstead(app, error), request, reply),
      schema: {
        tags: ['First run'],
        summary: 'Claim the home workspace',
        body: Claim,
        response: { 200: ClaimAnswer }
      }
    },
    (request, reply) => claimThroughDoor(app, request, reply, request.body)
  )
}

/** Throws `STARTUP_DONE` before anything else is looked at. */
export async function refuseClaimed({ db }: App): Promise<void> {
  if (await isHomeClaimed(db)) throw problem('STARTUP_DONE')
}

// A claim with an Idempotency-Key is looked at although it may be late; whatever is wrong with it, it is late.
async function doneInstead({ db }: App, error: unknown): Promise<unknown> {
  const { row, isReplay } = toProblem(error)
  if (isReplay || ![400, 403, 413, 415].includes(row.status)) return error
  const isDone = await isHomeClaimed(db).catch(() => false)
  return isDone ? problem('STARTUP_DONE') : error
}

/** A claim, however it came in. Nothing is done unless all of it is. */
export async function claimThroughDoor(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  claim: Claim
): Promise<ClaimAnswer> {
  const { once, means, log, rereadPublicUrl } = app
  const { host, origin } = request.headers
  const caller = { host, origin }
  const isTokenDue = needsSetupToken(means(), caller)
  if (isTokenDue) refuseWithoutSetting(app)
  const { password, ...wish } = readClaim(claim)
  if (isTokenDue || needsSetupToken(means(), caller, wish.publicUrl))
    await checkSetupToken(app, request, reply, claim.setupToken?.trim() ?? '')
  // Hashed before the transaction: it takes as long as fifty queries, and may have to wait its turn. A repeat of what
  // was claimed needs none, and must not cost one: nothing but the kept answer or STARTUP_DONE can come of it.
  const passwordHash = (await isHomeClaimed(app.db)) ? '' : await hashPassword(password)
  const answer = await once(request, reply, (tx) => claimInstall(tx, means(), wish, passwordHash))
  await rereadPublicUrl()
  const { publicUrl, tenantId } = answer
  log.info({ publicUrl, tenantId }, 'the home workspace is claimed')
  if (isUnsendable(means(), wish.publicUrl))
    log.error({ publicUrl }, 'SMTP_URL IS NOT SET: mail is not sent and waits in the outbox until it expires')
  return answer
}

/** Throws `SETUP_TOKEN_UNSET` where a token is due that nobody can have. */
function refuseWithoutSetting({ settings }: App): void {
  if (settings.setupToken === undefined) throw problem('SETUP_TOKEN_UNSET')
}

// A try counts before it is compared, in a transaction of its own; the right token forgets the tries before it.
async function checkSetupToken(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  given: string
): Promise<void> {
  refuseWithoutSetting(app)
  if (given === '') throw problem('SETUP_TOKEN_WRONG')
  await countClientCall(app, setupTokenLimit, request, reply)
  if (!isSetupToken(app.means(), given)) throw problem('SETUP_TOKEN_WRONG')
  const subject = limitKey(request.clientAddress)
  await app.db.install((tx) => clearHits(tx, app.secrets, setupTokenLimit, subject))
}

// Whatever is wrong, `error` says it in one sentence (contract §4).
function answerWithError(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<string> {
  return answerProblem(error, request, reply, (found) => ({ errors: undefined, error: sentenceOf(found) }))
}

function sentenceOf(found: Problem): string {
  const [said] = (found.members.errors ?? []) as { message: string }[]
  if (said) return said.message
  const [fault] = found.fields
  if (found.code !== 'VALIDATION_FAILED' || !fault) return found.message
  if (fault.code === 'required') return `${fault.field} is required`
  return fault.field === 'publicUrl' ? 'publicUrl is not a URL' : `${fault.field}: ${fault.code}`
}
