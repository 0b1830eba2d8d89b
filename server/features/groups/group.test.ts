import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addPerson, openWorkspace } from '../../../testing/people.ts'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'groups')
const one = await openWorkspace(world)
const other = await openWorkspace(world)
const ann = await addPerson(world, one)
const path = '/api/security/user-group'

type Named = { id: string; name: string; member: string[]; type: number }

async function systemGroup(of: typeof one, name: string): Promise<Named> {
  const { body } = await of.owner.call(`GET ${path}`)
  return body.find((group: Named) => group.name === name)
}

function make(name: string, more = {}) {
  return one.owner.call(`POST ${path}`, { body: { name, ...more } })
}

test('a workspace starts with Everyone, in whom nobody is listed, and Administrators with its owner [C3-system-groups]', async () => {
  const everyone = await systemGroup(one, 'Everyone')
  assert.deepEqual([everyone.member, everyone.type], [[], 2])
  const administrators = await systemGroup(one, 'Administrators')
  assert.deepEqual([administrators.member, administrators.type], [[one.owner.userId], 3])
})

test('the home workspace has them too', async () => {
  const rows = await world.db.install(async (tx) => {
    const home = await tx.selectFrom('tenants').select('id').where('is_home', '=', true).executeTakeFirst()
    return home?.id ?? ''
  })
  const groups = await world.db.read({ tenantId: rows }, (tables) =>
    tables.selectFrom('user_groups').select('kind')
  )
  assert.deepEqual(groups.map(({ kind }) => kind).sort(), ['administrators', 'everyone'])
})

test('a group is made, read, changed and removed [C3-group-record]', async () => {
  const made = await make('Design', { description: 'Who draws', member: [ann.userId, ann.userId] })
  assert.equal(made.status, 200)
  assert.equal(made.body.entity, 'userGroup')
  assert.equal(made.body.type, 1)
  assert.deepEqual(made.body.member, [ann.userId])
  const url = `${path}/${made.body.id}`
  const read = await ann.call(`GET ${url}`)
  assert.deepEqual(read.body, made.body)
  assert.equal(read.headers.etag, made.headers.etag)
  const stale = await one.owner.call(`PUT ${url}`, { body: { name: 'X' }, headers: { 'if-match': '"x"' } })
  assert.equal(stale.status, 412)
  const byPath = await one.owner.call(`PUT ${url}`, { body: { name: 'Drawing', type: 'Custom' } })
  assert.deepEqual([byPath.body.name, byPath.body.member], ['Drawing', [ann.userId]])
  const byBody = await one.owner.call(`PUT ${path}`, { body: { ...byPath.body, member: [] } })
  assert.deepEqual(byBody.body.member, [])
  const gone = await one.owner.call(`DELETE ${url}`)
  assert.equal(gone.status, 200)
  assert.deepEqual(gone.body, { id: made.body.id, deleted: true })
  for (const what of ['GET', 'DELETE'])
    assert.equal((await one.owner.call(`${what} ${url}`)).body.code, 'GROUP_NOT_FOUND')
  assert.equal((await make('Drawing')).status, 200, 'its name is free again')
})

test('groups are listed by name, part by part [C1-list]', async () => {
  const workspace = await openWorkspace(world)
  for (const name of ['zebra', 'Beta', 'alpha', 'Ärger'])
    await workspace.owner.call(`POST ${path}`, { body: { name } })
  const names: string[] = []
  for (let url: string | undefined = `${path}?limit=2`; url; ) {
    const { body, headers } = await workspace.owner.call(`GET ${url}`)
    names.push(...body.map((group: Named) => group.name))
    const next = /^<([^>]+)>/.exec(headers.link ?? '')?.[1]
    url = next && new URL(next).pathname + new URL(next).search
  }
  assert.deepEqual(names, ['Administrators', 'alpha', 'Beta', 'Everyone', 'zebra', 'Ärger'])
})

test('the system groups keep their names and stay; Administrators takes members, Everyone none [C3-system-groups]', async () => {
  const everyone = await systemGroup(one, 'Everyone')
  const administrators = await systemGroup(one, 'Administrators')
  const change = (id: string, body: object) => one.owner.call(`PUT ${path}/${id}`, { body })
  for (const { id } of [everyone, administrators]) {
    assert.equal((await change(id, { name: 'Mine' })).body.code, 'GROUP_IS_SYSTEM')
    assert.equal((await one.owner.call(`DELETE ${path}/${id}`)).body.code, 'GROUP_IS_SYSTEM')
    assert.equal((await change(id, { deleted: true, description: 'Still here' })).body.deleted, false)
  }
  assert.equal((await change(everyone.id, { member: [ann.userId] })).body.code, 'GROUP_IS_SYSTEM')
  const member = [one.owner.userId, ann.userId].sort()
  assert.deepEqual((await change(administrators.id, { member })).body.member, member)
  const another = await make('Everyone 2', { type: 'Everyone' })
  assert.deepEqual(another.body.fields, [{ field: 'type', code: 'not_allowed' }])
})

test('a name means one group, however it is written', async () => {
  await make('Sales')
  assert.equal((await make('  sALES ')).body.code, 'GROUP_NAME_TAKEN')
  assert.equal((await make('EVERYONE')).body.code, 'GROUP_NAME_TAKEN')
  assert.deepEqual((await make(' ')).body.fields, [{ field: 'name', code: 'required' }])
  assert.deepEqual((await make('a\u200bb')).body.fields, [{ field: 'name', code: 'invalid' }])
})

test('what belongs to another workspace does not exist here [C1-tenant-border]', async () => {
  const foreign = (await other.owner.call(`POST ${path}`, { body: { name: 'Theirs' } })).body
  for (const what of ['GET', 'DELETE'])
    assert.equal((await one.owner.call(`${what} ${path}/${foreign.id}`)).body.code, 'GROUP_NOT_FOUND')
  const change = await one.owner.call(`PUT ${path}/${foreign.id}`, { body: { name: 'Ours' } })
  assert.equal(change.body.code, 'GROUP_NOT_FOUND')
  const strange = await make('With a stranger', { member: [ann.userId, other.owner.userId] })
  assert.equal(strange.body.code, 'USER_NOT_FOUND')
  assert.equal((await make('With a stranger')).status, 200, 'nothing was left of the refused one')
  assert.equal((await other.owner.call(`GET ${path}/${foreign.id}`)).body.name, 'Theirs')
})

test('groups are made and changed by super admins alone [C3-user-rights]', async () => {
  const id = (await systemGroup(one, 'Administrators')).id
  const tries: [string, object?][] = [
    [`POST ${path}`, { name: 'Mine' }],
    [`PUT ${path}/${id}`, { member: [ann.userId] }],
    [`PUT ${path}`, { id, member: [ann.userId] }],
    [`DELETE ${path}/${id}`]
  ]
  for (const [what, body] of tries) assert.equal((await ann.call(what, { body })).status, 403, what)
  const { addGroup } = await import('./group.ts')
  const inBrowser = world.db.write(ann, (tx) => addGroup(tx, ann.session(), world.means(), { name: 'Mine' }))
  await assert.rejects(inBrowser, { code: 'SUPER_ADMIN_REQUIRED' })
})

test('a group that holds rights is not removed under them', async () => {
  const { body: group } = await make('Accountants')
  const { body: controls } = await one.owner.call('GET /api/access-control')
  const control = controls.find(
    (one: { area: string; role: number }) => one.area === 'Finance' && one.role === 500
  )
  const url = `/api/access-control/${control.id}`
  await one.owner.call(`PUT ${url}`, { body: { userGroup: [...control.userGroup, group.id] } })
  const refused = await one.owner.call(`DELETE ${path}/${group.id}`)
  assert.deepEqual([refused.status, refused.body.code, refused.body.count], [422, 'GROUP_IN_USE', 1])
  await one.owner.call(`PUT ${url}`, { body: { userGroup: control.userGroup } })
  assert.equal((await one.owner.call(`DELETE ${path}/${group.id}`)).status, 200)
})
