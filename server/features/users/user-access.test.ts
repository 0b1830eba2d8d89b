import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addPerson, openWorkspace } from '../../../testing/people.ts'
import { mailedLink } from '../../../testing/signups.ts'
import { openWorld } from '../../../testing/world.ts'
import { changeUser } from './user-change.ts'

const world = await openWorld({ after }, 'user_access')
const one = await openWorkspace(world)

test('a user made inactive loses keys and links at once, and gets no new ones [C3-deactivation]', async () => {
  const ann = await addPerson(world, one)
  const link = await mailedLink(world, ann.email, 'password')
  const off = await one.owner.call(`PUT /api/user/${ann.userId}`, { body: { active: false } })
  assert.equal(off.body.active, false)
  assert.equal((await ann.call('GET /api/user/me')).status, 401)
  assert.equal((await world.call(`GET ${link.path}`, { host: link.host })).status, 410)
  const before = (await world.letters(ann.email)).length
  await world.call('POST /password', { host: one.host, form: { email: ann.email } })
  assert.equal((await world.letters(ann.email)).length, before)
  // Active again, the person starts anew: what was ended stays ended.
  await one.owner.call(`PUT /api/user/${ann.userId}`, { body: { active: true } })
  assert.equal((await ann.call('GET /api/user/me')).status, 401)
})

test('a locked user cannot act until the lock is taken away [C3-lock]', async () => {
  const ann = await addPerson(world, one)
  const locked = world.now().toISOString()
  const answer = await one.owner.call(`PUT /api/user/${ann.userId}`, { body: { locked } })
  assert.equal(answer.body.locked, locked)
  assert.equal((await ann.call('GET /api/user/me')).status, 401)
  await one.owner.call(`PUT /api/user/${ann.userId}`, { body: { locked: null } })
  assert.equal((await ann.call('GET /api/user/me')).status, 200)
})

test('the last super admin who can act stays one, whatever is tried [C3-last-super-admin]', async () => {
  const { owner } = await openWorkspace(world)
  for (const body of [{ superAdmin: false }, { active: false }, { locked: world.now().toISOString() }]) {
    const answer = await owner.call(`PUT /api/user/${owner.userId}`, { body })
    assert.equal(answer.status, 422)
    assert.equal(answer.body.code, 'LAST_SUPER_ADMIN')
  }
})

test('of two super admins who demote each other at once, one stays [C3-last-super-admin]', async () => {
  for (let round = 0; round < 5; round++) {
    const workspace = await openWorkspace(world)
    const second = await addPerson(world, workspace, true)
    const { owner } = workspace
    const demote = (by: typeof owner, whom: typeof owner) =>
      by.call(`PUT /api/user/${whom.userId}`, { body: { superAdmin: false } })
    const answers = await Promise.all([demote(owner, second), demote(second, owner)])
    const statuses = answers.map((answer) => answer.status).sort()
    assert.equal(statuses[0], 200)
    assert.notEqual(statuses[1], 200)
    const rows = await world.db.read(owner, (tables) =>
      tables.selectFrom('users').select('id').where('is_super_admin', '=', true)
    )
    assert.equal(rows.length, 1)
  }
})

test('after a change of address old links die, and the old address is told [C3-address-change]', async () => {
  const ann = await addPerson(world, one)
  const link = await mailedLink(world, ann.email, 'password')
  const email = `moved-${ann.email}`
  const moved = await one.owner.call(`PUT /api/user/${ann.userId}`, { body: { email } })
  assert.equal(moved.body.email, email)
  assert.equal((await world.call(`GET ${link.path}`, { host: link.host })).status, 410)
  const [notice] = await world.letters(ann.email)
  assert.equal(notice?.kind, 'address-changed')
  assert.ok(!notice?.text.includes(email), 'the new address is nobody’s business there')
})

test('If-Match makes a change conditional [C1-if-match]', async () => {
  const ann = await addPerson(world, one)
  const url = `/api/user/${ann.userId}`
  const first = await ann.call(`GET ${url}`)
  const etag = first.headers.etag ?? ''
  assert.match(etag, /^"[\w-]{22}"$/)
  const change = (locale: string, ifMatch: string) =>
    ann.call(`PUT ${url}`, { body: { locale }, headers: { 'if-match': ifMatch } })
  const changed = await change('de', etag)
  assert.equal(changed.status, 200)
  assert.notEqual(changed.headers.etag, etag)
  const late = await change('fr', etag)
  assert.equal(late.status, 412)
  assert.equal(late.body.kind, 'Conflict')
  assert.equal(late.body.code, 'RECORD_CHANGED')
  assert.equal((await change('fr', `"other", ${changed.headers.etag}`)).status, 200)
  assert.equal((await change('en', '*')).status, 200)
  const racing = (await ann.call(`GET ${url}`)).headers.etag ?? ''
  const both = await Promise.all([change('it', racing), change('es', racing)])
  assert.deepEqual(both.map((answer) => answer.status).sort(), [200, 412])
})

test('a change that changes nothing leaves the record as it was', async () => {
  const before = (await one.owner.call(`GET /api/user/${one.owner.userId}`)).body
  world.pass(5)
  const { body } = await one.owner.call(`PUT /api/user/${one.owner.userId}`, { body: before })
  assert.deepEqual(body, before)
})

test('a super admin who was demoted in the meantime changes nothing in the browser either', async () => {
  const workspace = await openWorkspace(world)
  const second = await addPerson(world, workspace, true)
  const actor = { ...second.session(), isSuperAdmin: false }
  const promote = world.db.write(second, (tx) =>
    changeUser(tx, actor, world.means(), workspace.owner.userId, { jobRole: 'None' })
  )
  await assert.rejects(promote, { code: 'SUPER_ADMIN_REQUIRED' })
})
