import assert from 'node:assert/strict'
import type { ApiDocument } from '#server/kernel/http/api-document.ts'
import { assertSound } from './answer-shape.ts'
import { type DoorRequests, readDocument, requestsOf, type SoundRequest } from './door-request.ts'
import { openTableContents } from './table-contents.ts'
import { type Answer, type CallOptions, openWorld, type World } from './world.ts'

/** A world whose every door is asked with hostile input, and judged by what it answers and leaves. */
export type HostileRound = {
  world: World
  document: ApiDocument
  /** Every door but HEAD, which is the shadow of GET. */
  doors: DoorRequests[]
  /** Sends it; asserts a sound answer in time, and an unchanged database unless it was a write that was taken. */
  send(what: string, options: CallOptions, sent: string): Promise<Answer>
  /** A sound request to the door, changed, sent and judged. `sent` says in failures what was done to it. */
  sendChanged(
    requests: DoorRequests,
    sent: string,
    change: (sound: SoundRequest) => Partial<{ what: string; options: CallOptions }>
  ): Promise<Answer>
  /** Asserts that no letter has another header, addressee or markup than ours. */
  assertCleanLetters(): Promise<void>
}

const waitMs = 10_000

export async function openHostileRound(
  t: { after(end: () => Promise<void>): void },
  name: string
): Promise<HostileRound> {
  const world = await openWorld(t, name, { EKSO_MAIL_PER_DAY: '0' })
  const contents = await openTableContents(world.database)
  t.after(() => contents.close())
  const document = await readDocument(world)
  const doors = world.http.doors
    .filter(({ method }) => method !== 'HEAD')
    .map((door) => requestsOf(world, document, door))
  assert.ok(doors.length > 15, 'the doors were not found')
  let held: Record<string, string> | undefined

  const send: HostileRound['send'] = async (what, options, sent) => {
    const before = held ?? (await contents.read())
    held = undefined
    const answer = await inTime(world.call(what, options), sent)
    assertSound(answer, sent)
    const left = await contents.read()
    const isRead = /^(GET|HEAD|OPTIONS|TRACE) /.test(what)
    if (isRead || answer.status >= 400) assert.deepEqual(left, before, `${sent} left something`)
    held = left
    return answer
  }

  const sendChanged: HostileRound['sendChanged'] = async (requests, sent, change) => {
    if (requests.isSpent()) held = undefined
    const sound = await requests.next()
    const changed = { ...sound, ...change(sound) }
    // Whoever is signed in stays so, whatever else is sent.
    changed.options = {
      ...changed.options,
      headers: { ...changed.options.headers, ...sound.options.headers }
    }
    const answer = await send(changed.what, changed.options, `${titleOf(requests)}, ${sent}`)
    if (answer.status < 400 && requests.schema) requests.spend()
    return answer
  }

  return { world, document, doors, send, sendChanged, assertCleanLetters: () => assertCleanLetters(world) }
}

export function titleOf({ door }: DoorRequests): string {
  return `${door.method} ${door.url}`
}

async function inTime(work: Promise<Answer>, sent: string): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${sent} got no answer in ${waitMs} ms`)), waitMs)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

// The development mailbox keeps the newest 200: look through it after each round.
async function assertCleanLetters({ db, secrets }: World): Promise<void> {
  const rows = await db.install((tx) => tx.selectFrom('outbox').select('sealed').execute())
  const letters = rows.flatMap(({ sealed }) => (sealed ? [secrets.open('outbox', sealed)] : []))
  assert.ok(letters.length > 0)
  for (const letter of letters) {
    const { to, subject } = JSON.parse(letter) as { to: string; subject: string }
    assert.doesNotMatch(letter, /<script|<img|<svg|onmouseover=|Bcc:|X-Injected:|victim@|\\u202e|\\u001b/i)
    assert.match(to, /^[^\s,;<>]+@[^\s,;<>]+$/)
    assert.doesNotMatch(subject, /[\p{Cc}\p{Cf}]/u)
  }
}
