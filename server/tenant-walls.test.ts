import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Door } from '#server/kernel/http/http-type.ts'
import { readDocument, requestsOf } from '../testing/door-request.ts'
import {
  callerOf,
  type DoorValue,
  fillPath,
  madeUp,
  parameterOf,
  valueMakers
} from '../testing/door-value.ts'
import { openWorkspace } from '../testing/people.ts'
import { newWish, openWorkspaceFor } from '../testing/signups.ts'
import { openTableContents } from '../testing/table-contents.ts'
import { type Answer, openWorld } from '../testing/world.ts'

// Every door that takes a token or an id, asked on another workspace's host with a real one. A door with a new
// parameter fails here until testing/door-value.ts can make a value for it.

const world = await openWorld({ after }, 'tenant_walls', { EKSO_MAIL_PER_DAY: '0' })
const contents = await openTableContents(world.database)
after(() => contents.close())
const document = await readDocument(world)
const doors = world.http.doors.filter((door) => parameterOf(door) !== undefined)

const stranger = await openWorkspace(world)
// The first use of a key is written down.
await stranger.owner.call('GET /api/user/me')
const hosts = { home: 'localhost:6050', other: stranger.host }

/** What a door for those who are signed in asks for: on each host the key of somebody who belongs there. */
async function keyFor(door: Pick<Door, 'access'>, host: string): Promise<Record<string, string>> {
  if (door.access.kind !== 'signed-in' || host === hosts.home) return {}
  const { owner } = host === stranger.host ? stranger : await callerOf(world)
  return { authorization: `Bearer ${owner.key}` }
}

async function bodyFor(door: Door): Promise<{ body?: unknown }> {
  const { body } = (await requestsOf(world, document, door).next()).options
  return body === undefined ? {} : { body }
}

/** What of an answer could tell a real value from an unknown one. */
function shapeOf({ status, headers, text }: Answer, value: string): unknown {
  const { date: _, ...rest } = headers
  const told = { status, headers: { ...rest, 'x-request-id': '' }, text }
  const plain = JSON.stringify(told).replace(/req_[0-9a-z]{26}/g, 'req_')
  return plain.replaceAll(value, '(value)').replace(/"content-length":"?\d+"?/, '')
}

function unknownLike(value: string): string {
  return value.replace(/^.{4}/, (head) =>
    [...head]
      .reverse()
      .join('')
      .replace(/./g, (c) => (c === 'A' ? 'B' : 'A'))
  )
}

test('there are doors with a parameter, and a real value for each opens its own door', async () => {
  const made = new Map<string, DoorValue>()
  for (const [parameter, make] of Object.entries(valueMakers)) made.set(parameter, await make(world))
  assert.ok(doors.length >= 10, `only ${doors.length} doors`)
  for (const [parameter, { value, host }] of made) {
    // A key can be listed and revoked, not read.
    const door = doors.find(({ method, url }) => method === 'GET' && url === parameter)
    if (!door || madeUp.includes(parameter)) continue
    const headers = await keyFor(door, host)
    const answer = await world.call(`GET ${fillPath(door, value)}`, { host, headers })
    assert.equal(answer.status, 200, parameter)
    const unknown = await world.call(`GET ${fillPath(door, unknownLike(value))}`, { host, headers })
    assert.ok([404, 410, 422].includes(unknown.status), `${parameter}: ${unknown.status}`)
  }
})

for (const door of doors)
  test(`${door.method} ${door.url} takes a value of another host for an unknown one`, async () => {
    const parameter = parameterOf(door) ?? ''
    const real = await valueMakers[parameter]?.(world)
    assert.ok(real)
    const record = door.access.kind === 'signed-in' ? await bodyFor(door) : undefined
    const before = await contents.read()
    for (const host of Object.values(hosts).filter((one) => one !== real.host)) {
      const headers = await keyFor(door, host)
      const ask = (value: string) => {
        const form = door.method === 'POST' && door.access.kind === 'page' ? { form: forms } : {}
        const body =
          door.method === 'POST' && door.access.kind !== 'page' ? { body: { email: 'a@b.example' } } : {}
        return world.call(`${door.method} ${fillPath(door, value)}`, {
          ...{ host, headers, ...form, ...body, ...record }
        })
      }
      const unknown = unknownLike(real.value)
      const answer = await ask(real.value)
      // A redirect back to the link says nothing; what stands there is asked by the link's own GET.
      assert.ok(answer.status >= 400 || answer.status === 303, `${host}: ${answer.status}`)
      assert.equal(shapeOf(answer, real.value), shapeOf(await ask(unknown), unknown), host)
    }
    assert.deepEqual(await contents.read(), before, 'something was done')
    if (door.method === 'GET' && !madeUp.includes(parameter))
      assert.equal(
        (
          await world.call(`GET ${fillPath(door, real.value)}`, {
            host: real.host,
            headers: await keyFor(door, real.host)
          })
        ).status,
        200
      )
  })

const forms = { password: 'Wharf-Lantern-42', repeated: 'Wharf-Lantern-42', choice: 'block' }

test('every door of the public host alone answers nothing on the host of a workspace', async () => {
  const home = world.http.doors.filter(({ access, method }) => access.on === 'home' && method !== 'HEAD')
  assert.ok(home.length > 5)
  for (const door of home) {
    const requests = requestsOf(world, document, door)
    const { what, options } = await requests.next()
    const before = await contents.read()
    const answer = await world.call(what, { ...options, host: hosts.other })
    assert.equal(answer.status, 404, what)
    assert.match(answer.text, /ROUTE_NOT_FOUND/)
    assert.deepEqual(await contents.read(), before, what)
  }
})

test("asking for a password link on another workspace's host mails nothing and answers as for a stranger", async () => {
  const owner = newWish()
  await openWorkspaceFor(world, owner)
  const held = (await world.letters(owner.email)).length
  const ask = (email: string, host: string) => world.call('POST /password', { host, form: { email } })
  for (const host of Object.values(hosts)) {
    const known = await ask(owner.email, host)
    assert.equal(
      shapeOf(known, owner.email),
      shapeOf(await ask('nobody@example.com', host), 'nobody@example.com')
    )
  }
  assert.equal((await world.letters(owner.email)).length, held)
  world.pass(121)
  await ask(owner.email, `${owner.domain}.localhost:6050`)
  assert.equal((await world.letters(owner.email)).length, held + 1)
})

test('a workspace that is closed answers on its host as closed whatever is asked', async () => {
  const undo = await valueMakers['/undo/:token']?.(world)
  assert.ok(undo)
  const closed = await world.call(`POST /undo/${undo.value}`, { host: undo.host, form: forms })
  assert.equal(closed.status, 200)
  const answer = await world.call('GET /openapi.json', { host: undo.host })
  assert.equal(answer.body.code, 'WORKSPACE_CLOSED')
  const statuses = new Set<string>()
  for (const door of world.http.doors.filter(({ access }) => access.on !== 'anywhere')) {
    const { status } = await world.call(`${door.method} ${fillPath(door, undo.value)}`, {
      host: undo.host,
      ...(door.method === 'POST' ? { form: {} } : {})
    })
    statuses.add(String(status))
  }
  assert.deepEqual([...statuses], [String(answer.status)])
})
