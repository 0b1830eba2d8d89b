import assert from 'node:assert/strict'
import { mailedCode, type Wish } from './signups.ts'
import type { Answer, World } from './world.ts'

type Action = { name: string; method: string; url: string; body?: unknown; afterSeconds?: number }

/** What a client knows that has read nothing but the answers: the person it asks, and where to begin. */
export type Human = Wish & {
  /** Domains to name when asked for one, in turn. */
  otherDomains?: string[]
}

/**
 * Signs a person up by `nextActions` alone: takes the first action whose `<…>` the person can fill in, waits as
 * told by moving the clock, and sends no request again that was refused for good. Answers the last answer: the workspace.
 */
export async function finishByNextActions(world: World, answer: Answer, human: Human): Promise<Answer> {
  const refused = new Set<string>()
  const from = world.stranger()
  const trail: string[] = []
  let last = answer
  while (!(last.status === 200 && last.body?.tenantId)) {
    trail.push(`${last.status} ${last.body?.code ?? 'ok'}`)
    assert.ok(trail.length < 20, `it goes in circles: ${trail.join(', ')}`)
    const { action, body } = await choose(world, last.body?.nextActions ?? [], human, refused, trail)
    trail.push(action.name)
    if (action.afterSeconds) world.pass(action.afterSeconds)
    const url = new URL(action.url)
    last = await world.call(`${action.method} ${url.pathname}${url.search}`, {
      from,
      host: url.host,
      ...(body === undefined ? {} : { body })
    })
    if (last.status !== 200 && last.body?.retry !== 'after') refused.add(keyOf(action, body))
  }
  return last
}

async function choose(
  world: World,
  actions: Action[],
  human: Human,
  refused: Set<string>,
  trail: string[]
): Promise<{ action: Action; body: unknown }> {
  for (const action of actions) {
    const blanks = JSON.stringify(action.body ?? null).match(/<[^>]*>/g) ?? []
    const answers = new Map<string, string | undefined>()
    for (const blank of blanks) answers.set(blank, await ask(world, blank, human))
    if ([...answers.values()].includes(undefined)) continue
    const body = fill(action.body, answers)
    if (!refused.has(keyOf(action, body))) return { action, body }
  }
  throw new Error(`no next action can be taken: ${trail.join(', ')}: ${JSON.stringify(actions)}`)
}

// The words in the brackets are all that there is to go by.
async function ask(world: World, blank: string, human: Human): Promise<string | undefined> {
  if (/code/.test(blank)) return mailedCode(world, human.email).catch(() => undefined)
  if (/e-mail address/.test(blank)) return human.email
  if (/company/.test(blank)) return human.company
  if (/name of the person/.test(blank)) return human.name
  if (/a-z/.test(blank)) return human.otherDomains?.shift() ?? human.domain
  return undefined
}

function fill(value: unknown, answers: Map<string, string | undefined>): unknown {
  if (typeof value === 'string') return answers.get(value) ?? value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fill(member, answers)]))
}

function keyOf({ method, url }: Action, body: unknown): string {
  return `${method} ${url} ${JSON.stringify(body)}`
}
