import type { FastifyReply, FastifyRequest } from 'fastify'
import { isPublicHost, parseHost } from '#server/kernel/hosts.ts'
import { page as pageAccess } from '#server/kernel/http/access.ts'
import type { App } from '#server/kernel/http/app-parts.ts'
import type { HtmlText } from '#server/kernel/pages.ts'
import { Problem } from '#server/kernel/problem.ts'
import { isLocalhostUrl } from '#server/kernel/public-url.ts'
import { readClaim } from './claim-wish.ts'
import { isUnsendable } from './home-claim.ts'
import { needsSetupToken } from './setup-token.ts'
import { claimThroughDoor, refuseClaimed } from './startup.routes.ts'
import type { Claim } from './startup.schema.ts'
import { type FormFault, formFaults } from './wizard-fault.ts'
import {
  elsewherePage,
  readyPage,
  type TokenNeed,
  tokenUnsetPage,
  type WizardFacts,
  wizardPage
} from './wizard-view.ts'

/** The wizard in a browser. Its form goes through the same rule as the API's claim. */
export function startupPages(app: App): void {
  const { http, means } = app
  const door = { config: { access: pageAccess({ on: 'home' }) }, onRequest: () => refuseClaimed(app) }

  http.get('/startup', door, (request, reply) => {
    const facts = factsFor(app, request)
    const { publicUrl } = means()
    const host = parseHost(request.headers.host, publicUrl.protocol)
    if (facts.token === 'unset') return show(reply.code(403), tokenUnsetPage())
    if (!host || !isPublicHost(host, publicUrl)) return show(reply, elsewherePage(publicUrl))
    return show(reply, wizardPage(facts))
  })

  http.post('/startup', door, async (request, reply) => {
    const facts = factsFor(app, request)
    if (facts.token === 'unset') return show(reply.code(403), tokenUnsetPage())
    const { repeated, ...claim } = readForm(request.body)
    const showAgain = (status: number, faults: FormFault[]) =>
      show(reply.code(status), wizardPage(facts, claim, faults))
    if (claim.password !== repeated) return showAgain(400, [...judge(claim), differs])
    try {
      const answer = await claimThroughDoor(app, request, reply, claim)
      const isMailWaiting = isUnsendable(means(), new URL(answer.publicUrl))
      return show(reply, readyPage(answer, { ...claim, isMailWaiting }))
    } catch (error) {
      const faults = formFaults(error)
      if (!(error instanceof Problem) || faults.length === 0) throw error
      return showAgain(error.row.status, faults)
    }
  })
}

const differs: FormFault = { field: 'repeated', message: 'This differs from the first entry.' }

function judge(claim: Claim): FormFault[] {
  try {
    readClaim(claim)
    return []
  } catch (error) {
    return formFaults(error)
  }
}

function factsFor({ means, settings }: App, request: FastifyRequest): WizardFacts {
  const { publicUrl } = means()
  const { host, origin } = request.headers
  const isDue = needsSetupToken(means(), { host, origin })
  const isSet = settings.setupToken !== undefined
  const token: TokenNeed = isDue ? (isSet ? 'due' : 'unset') : isSet ? 'off-localhost' : 'none'
  return { publicUrl: publicUrl.origin, isFixed: !isLocalhostUrl(settings.publicUrl), token }
}

function readForm(body: unknown): Claim & { repeated: string; setupToken: string } {
  const fields = (body ?? {}) as Record<string, unknown>
  const text = (name: string) => {
    const value = fields[name]
    return typeof value === 'string' ? value : ''
  }
  return {
    name: text('name'),
    email: text('email'),
    password: text('password'),
    repeated: text('repeated'),
    organization: text('organization'),
    publicUrl: text('publicUrl'),
    setupToken: text('setupToken')
  }
}

function show(reply: FastifyReply, content: HtmlText): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(content.text)
}
