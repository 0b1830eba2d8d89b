import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fieldPaths, withField } from '../testing/door-request.ts'
import { hostileBodies, hostileTexts, hostileValues } from '../testing/hostile-input.ts'
import { openHostileRound, titleOf } from '../testing/hostile-round.ts'

// Every door that takes JSON, with every body and every value of testing/hostile-input.ts in every field.

const round = await openHostileRound({ after }, 'hostile_body')
const { document, sendChanged, assertCleanLetters } = round
const doors = round.doors.filter(({ door }) => door.access.kind === 'anyone' && door.method !== 'GET')
const objects = ['prototypeKey', 'methodKeys', 'duplicates', 'manyKeys', 'byteOrderMark']

for (const requests of doors)
  test(`${titleOf(requests)} refuses a body that is no object [C1-error-json, C1-text-clean, C2-error-malformed]`, async () => {
    for (const [name, body] of Object.entries(hostileBodies)) {
      const answer = await sendChanged(requests, `body ${name}`, ({ options }) => ({
        options: { ...options, body, headers: { 'content-type': 'application/json' } }
      }))
      if (!requests.schema) continue
      if (name === 'over') assert.equal(answer.status, 413)
      else if (!objects.includes(name)) {
        assert.equal(answer.body.code, 'MALFORMED_BODY', name)
        assert.deepEqual(answer.body.fields, [{ field: 'body', code: 'invalid' }], name)
      }
    }
    assert.equal(({} as { polluted?: unknown }).polluted, undefined)
  })

for (const requests of doors)
  for (const path of requests.schema ? fieldPaths(document, requests.schema) : [])
    test(`${titleOf(requests)} takes or refuses anything as ${path}, and mails none of it [C1-no-coercion, C2-mail-content]`, async () => {
      for (const [name, value] of Object.entries({ ...hostileTexts, ...hostileValues }))
        await sendChanged(requests, `${path} ${name}`, ({ options }) => ({
          options: { ...options, body: withField(options.body, path, value) }
        }))
      await assertCleanLetters()
    })

const requestsOfFuzz = 50

for (const requests of doors.filter(({ schema }) => schema))
  test(`${titleOf(requests)} stands ${requestsOfFuzz} mutations of a sound body`, async () => {
    const random = makeRandom(`${titleOf(requests)} 1`)
    for (let at = 0; at < requestsOfFuzz; at++)
      await sendChanged(requests, `mutation ${at}`, ({ options }) => ({
        options: {
          ...options,
          body: mutate(Buffer.from(JSON.stringify(options.body)), random),
          headers: { 'content-type': 'application/json' }
        }
      }))
  })

/** A deterministic sequence in [0, 1): mulberry32, seeded by the text. */
function makeRandom(seed: string): () => number {
  let state = [...seed].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), 7) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const splices = [
  'null',
  '[]',
  '{}',
  '-1',
  '1e999',
  '""',
  '\\u0000',
  '\\ud800',
  '"',
  ',',
  ':',
  '}',
  '\u202e',
  '<b>'
]

/** One to four cuts, copies, flips or splices of known trouble. */
function mutate(body: Buffer, random: () => number): Buffer {
  let bytes = body
  const below = (end: number) => Math.floor(random() * end)
  for (let left = 1 + below(4); left > 0; left--) {
    const from = below(bytes.length + 1)
    const to = Math.min(bytes.length, from + below(12))
    const [head, middle, tail] = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)]
    const instead = [
      Buffer.alloc(0),
      Buffer.concat([middle, middle]),
      Buffer.from(middle.map((byte) => byte ^ (1 << below(8)))),
      Buffer.from(splices[below(splices.length)] ?? '')
    ]
    bytes = Buffer.concat([head, instead[below(instead.length)] ?? middle, tail])
  }
  return bytes
}
