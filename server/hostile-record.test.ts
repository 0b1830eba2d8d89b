import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Schema } from '#server/kernel/http/api-document.ts'
import { withField } from '../testing/door-request.ts'
import { hostileBodies, hostileTexts, hostileValues } from '../testing/hostile-input.ts'
import { openHostileRound, titleOf } from '../testing/hostile-round.ts'

// Every door for those who are signed in, with every body and, in each field, every value of testing/hostile-input.ts.

const round = await openHostileRound({ after }, 'hostile_record')
const { world, sendChanged, assertCleanLetters } = round
const doors = round.doors.filter(({ door, schema }) => door.access.kind === 'signed-in' && schema)
const objects = ['prototypeKey', 'methodKeys', 'duplicates', 'manyKeys', 'byteOrderMark']

test('there are such doors, and each takes its sound request', async () => {
  assert.ok(doors.length >= 10, `only ${doors.length} doors`)
  for (const requests of doors) {
    const { what, options } = await requests.next()
    const answer = await world.call(what, options)
    // The caller is a key, which cannot make keys; what it sent was judged before.
    if (what === 'POST /api/admin/api-key') assert.equal(answer.body.code, 'KEY_CANNOT_MINT')
    else assert.equal(answer.status, 200, `${titleOf(requests)}: ${answer.text}`)
    requests.spend()
  }
})

for (const requests of doors)
  test(`${titleOf(requests)} refuses a body that is no object [C1-error-json, C1-text-clean]`, async () => {
    for (const [name, body] of Object.entries(hostileBodies)) {
      const { status, body: answer } = await sendChanged(requests, `body ${name}`, ({ options }) => ({
        options: { ...options, body, headers: { 'content-type': 'application/json' } }
      }))
      if (name === 'over') assert.equal(status, 413)
      else if (!objects.includes(name)) assert.equal(answer.code, 'MALFORMED_BODY', name)
    }
  })

function takesText(schema: Schema | undefined): boolean {
  return schema?.type === 'string' || (schema?.anyOf ?? []).some(takesText)
}

const isMaking = ({ door }: (typeof doors)[number]) => door.method === 'POST' || door.url.includes('/config/')

for (const requests of doors.filter(isMaking))
  test(`${titleOf(requests)} takes or refuses anything in each field, and mails none of it [C1-no-coercion]`, async () => {
    for (const [field, schema] of Object.entries(requests.schema?.properties ?? {}))
      for (const [name, value] of Object.entries({
        ...(takesText(schema) ? hostileTexts : {}),
        ...hostileValues
      }))
        await sendChanged(requests, `${field} ${name}`, ({ options }) => ({
          options: { ...options, body: withField(options.body, field, value) }
        }))
    await assertCleanLetters()
  })

// What makes a record and what changes it judge its fields by the same rules: here each value stands in all of them.
for (const requests of doors.filter((one) => !isMaking(one)))
  test(`${titleOf(requests)} takes or refuses anything in its fields, and mails none of it [C1-no-coercion]`, async () => {
    const fields = Object.entries(requests.schema?.properties ?? {}).filter(([field]) => field !== 'id')
    for (const [name, value] of Object.entries({ ...hostileTexts, ...hostileValues })) {
      const isText = typeof value === 'string'
      const hit = fields.filter(([, schema]) => !isText || takesText(schema)).map(([field]) => [field, value])
      await sendChanged(requests, `all ${name}`, ({ options }) => ({
        options: { ...options, body: { ...(options.body as object), ...Object.fromEntries(hit) } }
      }))
    }
    await assertCleanLetters()
  })
