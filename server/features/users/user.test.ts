import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addPerson, makeKey, openWorkspace } from '../../../testing/people.ts'
import { mailedLink } from '../../../testing/signups.ts'
import { openWorld } from '../../../testing/world.ts'
import { changeUser } from './user-change.ts'

const world = await openWorld({ after }, 'users')
const one = await openWorkspace(world)
const other = await openWorkspace(world)
const ann = await addPerson(world, one)
const ben = await addPerson(world, one)

const system = ['id', 'tenantId', 'entity', 'created', 'createdBy', 'updated', 'updatedBy', 'deleted']

test('everybody reads who they are and what their token may do [C3-me]', async () => {
  const { status, body } = await ann.call('GET /api/user/me')
  assert.equal(status, 200)
  assert.equal(body.id, ann.userId)
  assert.equal(body.email, ann.email)
  assert.equal(body.superAdmin, false)
  assert.deepEqual(body.scopes, ['work:read', 'work:write', 'time:write', 'money:read'])
  assert.deepEqual(body.client, { kind: 'key', name: 'A key', marker: 'Sdk' })
})

test('a record carries the eight system members; what is sent of them is ignored [C1-records]', async () => {
  const before = (await ann.call(`GET /api/user/${ann.userId}`)).body
  for (const member of system) assert.ok(member in before, member)
  assert.equal(before.entity, 'user')
  assert.equal(before.tenantId, one.tenantId)
  assert.match(before.id, /^user_[0-9a-z]{26}$/)
  const body = { ...before, id: ben.userId, tenantId: other.tenantId, deleted: true, locale: 'de-DE' }
  const { status, body: after } = await ann.call(`PUT /api/user/${ann.userId}`, { body })
  assert.equal(status, 200)
  assert.deepEqual(
    { ...after, updated: before.updated },
    { ...before, locale: 'de-DE', updatedBy: ann.userId }
  )
})

test('a super admin invites by mail: the link sets the first password, for 72 hours [C3-invitation]', async () => {
  const body = { name: ' Carl  Otto Maier ', email: 'Carl@Example.com', workingHours: '7h 30m' }
  const answer = await one.owner.call('POST /api/user', { body })
  assert.equal(answer.status, 200)
  assert.equal(answer.body.name, 'Carl  Otto Maier')
  assert.equal(answer.body.initials, 'CM')
  assert.equal(answer.body.active, true)
  assert.equal(answer.body.superAdmin, false)
  assert.equal(answer.body.createdBy, one.owner.userId)
  const [letter] = await world.letters('carl@example.com')
  assert.equal(letter?.kind, 'invitation')
  assert.ok(letter?.text.includes(one.owner.email), 'who invites is named')
  assert.ok(!letter?.text.includes('Maier'), 'nobody’s own text is in it')
  const link = await mailedLink(world, 'carl@example.com', 'password')
  assert.equal(link.host, one.host)
  const form = { password: 'Quiet-Harbour-42', repeated: 'Quiet-Harbour-42' }
  const set = await world.call(`POST ${link.path}`, { host: link.host, form })
  assert.ok(set.status < 400, `setting the password answered ${set.status}`)
})

test('one address has one user in a workspace, and one more in another [C3-user-email]', async () => {
  const body = { name: 'Twin', email: ann.email.toUpperCase() }
  const answer = await one.owner.call('POST /api/user', { body })
  assert.equal(answer.status, 422)
  assert.equal(answer.body.code, 'USER_EMAIL_TAKEN')
  assert.equal((await other.owner.call('POST /api/user', { body })).status, 200)
  const moved = await one.owner.call(`PUT /api/user/${ben.userId}`, { body: { email: ann.email } })
  assert.equal(moved.body.code, 'USER_EMAIL_TAKEN')
})

test('a young workspace cannot flood strangers with invitations [C1-mail-tenant]', async () => {
  const { owner } = await openWorkspace(world)
  for (let sent = 0; sent < 50; sent++)
    await owner.call('POST /api/user', { body: { name: 'A', email: `a${sent}@flood.example` } })
  const answer = await owner.call('POST /api/user', { body: { name: 'B', email: 'b@flood.example' } })
  assert.equal(answer.status, 429)
  assert.ok(Number(answer.headers['retry-after']) > 60)
  const { body } = await owner.call('GET /api/user?limit=200')
  assert.ok(!body.some((user: { email: string }) => user.email === 'b@flood.example'))
})

test('the faults of a user are named, all at once [S1-error-400] [C1-unknown-members]', async () => {
  const body = {
    name: ' ',
    email: 'nobody',
    locale: 'not a locale',
    timezone: '+01:00',
    workingHours: '25h',
    jobRole: 'a\u202eb'
  }
  const { status, body: found } = await one.owner.call('POST /api/user', { body })
  assert.equal(status, 400)
  const fields = Object.fromEntries(
    found.fields.map((one: { field: string; code: string }) => [one.field, one.code])
  )
  assert.equal(fields.name, 'required')
  for (const name of ['email', 'locale', 'timezone', 'workingHours', 'jobRole'])
    assert.equal(fields[name], 'invalid', name)
  const locked = await one.owner.call(`PUT /api/user/${ben.userId}`, { body: { locked: 'yesterday' } })
  assert.deepEqual(locked.body.fields, [{ field: 'locked', code: 'invalid' }])
  const unknown = await one.owner.call('POST /api/user', {
    body: { name: 'A', email: 'a@b.example', admin: true }
  })
  assert.deepEqual(unknown.body.fields, [{ field: 'admin', code: 'unknown' }])
})

test('the list has a bound, and Link leads through all of it [C1-list]', async () => {
  const seen: string[] = []
  let url: string | undefined = '/api/user?limit=2'
  while (url) {
    const answer = await ann.call(`GET ${url}`)
    assert.equal(answer.status, 200)
    assert.ok(Array.isArray(answer.body) && answer.body.length <= 2)
    seen.push(...answer.body.map((user: { id: string }) => user.id))
    const next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.link ?? '')?.[1]
    if (next) assert.ok(next.startsWith(`http://${one.host}/api/user?`), next)
    url = next && new URL(next).pathname + new URL(next).search
  }
  assert.deepEqual(seen, [...new Set(seen)].sort())
  for (const { userId } of [one.owner, ann, ben]) assert.ok(seen.includes(userId))
  assert.ok(!seen.includes(other.owner.userId))
  for (const query of ['limit=0', 'limit=201', 'limit=x', 'cursor=nonsense', 'cursor=e30'])
    assert.equal((await ann.call(`GET /api/user?${query}`)).status, 400, query)
})

test('colleagues see each other, not what is each one’s own [C3-user-read]', async () => {
  await one.owner.call(`PUT /api/user/${ben.userId}`, { body: { costCenter: '4711' } })
  const of = async (person: typeof ann) =>
    (await person.call('GET /api/user?limit=200')).body.find((user: { id: string }) => user.id === ben.userId)
  assert.equal((await of(ann)).costCenter, null)
  assert.equal((await of(ben)).costCenter, '4711')
  assert.equal((await of(one.owner)).costCenter, '4711')
  assert.equal((await ann.call(`GET /api/user/${ben.userId}`)).status, 403)
  assert.equal((await one.owner.call(`GET /api/user/${ben.userId}`)).status, 200)
})

test('a user of another workspace does not exist here [C1-tenant-border]', async () => {
  const { owner } = one
  const read = await owner.call(`GET /api/user/${other.owner.userId}`)
  assert.equal(read.status, 422)
  assert.equal(read.body.code, 'USER_NOT_FOUND')
  const change = await owner.call(`PUT /api/user/${other.owner.userId}`, { body: { jobRole: 'Spy' } })
  assert.equal(change.body.code, 'USER_NOT_FOUND')
  const byBody = await owner.call('PUT /api/user', { body: { id: other.owner.userId, active: false } })
  assert.equal(byBody.body.code, 'USER_NOT_FOUND')
  assert.equal((await other.owner.call('GET /api/user/me')).body.jobRole, '')
})

test('one changes one’s own preferences; the rest takes a super admin and the scope admin [C3-user-rights]', async () => {
  const own = { locale: 'fr', timezone: 'Europe/Berlin', darkMode: 'dark', notifications: false }
  assert.equal((await ann.call('PUT /api/user', { body: { id: ann.userId, ...own } })).body.darkMode, 'dark')
  const rest = {
    name: 'X',
    initials: 'X',
    email: 'x@x.example',
    costCenter: '1',
    jobRole: 'X',
    workingHours: '4h'
  }
  for (const [member, value] of Object.entries({ ...rest, superAdmin: true, active: false })) {
    const answer = await ann.call(`PUT /api/user/${ann.userId}`, { body: { [member]: value } })
    assert.equal(answer.status, 403, member)
  }
  assert.equal((await ann.call(`PUT /api/user/${ben.userId}`, { body: own })).status, 403)
  assert.equal((await ann.call('POST /api/user', { body: { name: 'X', email: 'x@x.example' } })).status, 403)
  const reading = { authorization: `Bearer ${await makeKey(world, ann, ['work:read'])}` }
  const narrow = await ann.call(`PUT /api/user/${ann.userId}`, { body: own, headers: reading })
  assert.equal(narrow.body.code, 'SCOPE_TOO_NARROW')
  assert.match(narrow.headers['www-authenticate'] ?? '', /scope="work:read work:write"/)
  const working = { authorization: `Bearer ${await makeKey(world, one.owner, ['work:write'])}` }
  const wide = await one.owner.call(`PUT /api/user/${ben.userId}`, { body: rest, headers: working })
  assert.match(wide.headers['www-authenticate'] ?? '', /scope="work:read work:write admin"/)
})

test('no token grants super admin or moves the e-mail of one; a browser does, with the password just entered [C3-out-of-reach]', async () => {
  const promote = { superAdmin: true }
  const refused = await one.owner.call(`PUT /api/user/${ben.userId}`, { body: promote })
  assert.equal(refused.status, 403)
  assert.equal(refused.body.code, 'FRESH_PASSWORD_REQUIRED')
  const moved = await one.owner.call(`PUT /api/user/${one.owner.userId}`, {
    body: { email: 'new@x.example' }
  })
  assert.equal(moved.body.code, 'FRESH_PASSWORD_REQUIRED')
  const invited = { name: 'Boss', email: 'boss@x.example', superAdmin: true }
  const boss = await one.owner.call('POST /api/user', { body: invited })
  assert.equal(boss.body.code, 'FRESH_PASSWORD_REQUIRED')
  const password = await one.owner.call(`PUT /api/user/${ben.userId}`, {
    body: { password: 'Quiet-Harbour-42' }
  })
  assert.deepEqual(password.body.fields, [{ field: 'password', code: 'unknown' }])
  const inBrowser = (passwordAt: Date) =>
    world.db.write(one.owner, (tx) =>
      changeUser(tx, { ...one.owner.session(), passwordAt }, world.means(), ben.userId, promote)
    )
  const stale = new Date(world.now().getTime() - 601_000)
  await assert.rejects(inBrowser(stale), { code: 'FRESH_PASSWORD_REQUIRED' })
  assert.equal((await inBrowser(world.now())).superAdmin, true)
  const down = await one.owner.call(`PUT /api/user/${ben.userId}`, { body: { superAdmin: false } })
  assert.equal(down.body.superAdmin, false)
})
