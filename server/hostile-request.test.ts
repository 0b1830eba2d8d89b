import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { methodsAt } from '#server/kernel/http/route-list.ts'
import { type DoorRequests, formFields } from '../testing/door-request.ts'
import { fillPath, parameterOf } from '../testing/door-value.ts'
import {
  hostileForms,
  hostileHeaders,
  hostileOrigins,
  hostileQueries,
  hostileSegments,
  hostileTexts,
  hostileTypes
} from '../testing/hostile-input.ts'
import { openHostileRound, titleOf } from '../testing/hostile-round.ts'

// Every door is asked with everything in testing/hostile-input.ts; one that is new tomorrow is asked too.

const { world, doors, sendChanged } = await openHostileRound({ after }, 'hostile_request')
const isForm = ({ door }: DoorRequests) => door.access.kind === 'page' && door.method !== 'GET'
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']

for (const requests of doors.filter(({ door }) => parameterOf(door)))
  test(`${titleOf(requests)} refuses what is no parameter [C1-text-clean]`, async () => {
    const { door } = requests
    for (const [name, segment] of Object.entries(hostileSegments)) {
      const what = `${door.method} ${fillPath(door, segment)}`
      const { status } = await sendChanged(requests, `parameter ${name}`, () => ({ what }))
      if (/%00|%ff|%c0|%zz|%$/.test(segment) || segment.length > 8192) assert.equal(status, 400, name)
      else assert.ok([303, 400, 401, 404, 410, 422].includes(status), `${name}: ${status}`)
    }
  })

for (const requests of doors) {
  test(`${titleOf(requests)} stands odd headers and queries`, async () => {
    for (const [name, headers] of Object.entries(hostileHeaders))
      await sendChanged(requests, `header ${name}`, ({ options }) => ({ options: { ...options, headers } }))
    for (const [name, query] of Object.entries(hostileQueries))
      await sendChanged(requests, `query ${name}`, ({ what }) => ({ what: `${what}?${query}` }))
  })

  test(`${titleOf(requests)} refuses other types and methods [C1-error-415, C1-error-404]`, async () => {
    for (const [name, type] of Object.entries(hostileTypes)) {
      const { status } = await sendChanged(requests, `type ${name}`, ({ options: { host } }) => ({
        options: { host, body: 'name=a', headers: { 'content-type': type, origin: `http://${host}` } }
      }))
      // The long one is JSON with a parameter that means nothing; its body is none.
      if (requests.schema) assert.equal(status, name === 'long' ? 400 : 415, name)
    }
    const { url } = requests.door
    // A word may stand where another door has its parameter: `/api/user/me` is an id to PUT `/api/user/:id`.
    const taken = methodsAt(world.http.doors, url)
    for (const method of methods.filter((one) => !taken.includes(one))) {
      const { status } = await sendChanged(requests, `as ${method}`, ({ what }) => ({
        what: what.replace(/^[A-Z]+/, method)
      }))
      const isPreflight =
        method === 'OPTIONS' && /^\/(api\/|openapi|\.well-known\/(oauth-|jwks)|token$|register)/.test(url)
      assert.equal(status, isPreflight ? 204 : 404, method)
    }
  })
}

for (const requests of doors.filter(isForm)) {
  test(`${titleOf(requests)} takes forms of its own page alone [C3-form-origin]`, async () => {
    for (const [name, origin] of Object.entries(hostileOrigins)) {
      const { status } = await sendChanged(requests, `origin ${name}`, ({ options }) => ({
        options: { ...options, headers: { origin } }
      }))
      assert.equal(status, 403, name)
    }
    const { status } = await sendChanged(requests, 'no origin', ({ options: { host } }) => ({
      options: { host, body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    }))
    assert.equal(status, 403)
  })

  test(`${titleOf(requests)} stands hostile forms`, async () => {
    const fields = formFields()
    assert.ok(fields.includes('password'), 'the fields of the forms were not found')
    const type = 'application/x-www-form-urlencoded'
    for (const [name, body] of Object.entries(hostileForms))
      await sendChanged(requests, `form ${name}`, ({ options: { host } }) => ({
        options: { host, body, headers: { 'content-type': type, origin: `http://${host}` } }
      }))
    for (const [name, text] of Object.entries(hostileTexts))
      await sendChanged(requests, `form with ${name}`, ({ options: { host } }) => ({
        options: { host, form: Object.fromEntries(fields.map((field) => [field, text])) }
      }))
  })
}
