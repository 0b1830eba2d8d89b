import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addPerson, openWorkspace } from '../../../testing/people.ts'
import { openWorld } from '../../../testing/world.ts'
import { type Area, areas, roles } from './access-control.schema.ts'
import { mayInArea } from './area-right.ts'

const world = await openWorld({ after }, 'access_controls')
const one = await openWorkspace(world)
const other = await openWorkspace(world)
const ann = await addPerson(world, one)
const path = '/api/access-control'

type Control = { id: string; area: Area; role: number; userGroup: string[]; isSystem: boolean }

async function find(area: Area, role: keyof typeof roles, of = one): Promise<Control> {
  const { body } = await of.owner.call(`GET ${path}`)
  return body.find((control: Control) => control.area === area && control.role === roles[role])
}

function may(area: Area, role: keyof typeof roles, who = ann): Promise<boolean> {
  const actor = { ...who.session(), isSuperAdmin: false }
  return world.db.write(who, (tx) => mayInArea(tx, actor, area, role))
}

test('every area starts with its roles; Everyone sees, Administrators do all [C3-areas]', async () => {
  const { status, body } = await ann.call(`GET ${path}`)
  assert.equal(status, 200)
  assert.deepEqual([...new Set(body.map(({ area }: Control) => area))].sort(), [...areas].sort())
  for (const control of body as Control[]) assert.equal(control.isSystem, true)
  assert.equal(await may('Container', 'View'), true)
  assert.equal(await may('Container', 'Add'), false)
  assert.equal(await may('Board', 'Plan'), true)
  assert.equal(await may('Finance', 'View'), false)
  for (const area of areas)
    for (const role of ['View', 'Add', 'ChangeOwn', 'Filter', 'Manage'] as const)
      assert.equal(await may(area, role, one.owner), true, `${area} ${role}`)
})

test('a right comes with a group and goes with it; Manage holds all, Change the own too [C3-areas]', async () => {
  const { body: group } = await one.owner.call('POST /api/security/user-group', { body: { name: 'Writers' } })
  const { id, userGroup } = await find('Docs', 'Change')
  const given = await one.owner.call(`PUT ${path}/${id}`, { body: { userGroup: [...userGroup, group.id] } })
  assert.deepEqual(given.body.userGroup, [...userGroup, group.id].sort())
  assert.equal(await may('Docs', 'Change'), false)
  const member = (userIds: string[]) =>
    one.owner.call(`PUT /api/security/user-group/${group.id}`, { body: { member: userIds } })
  await member([ann.userId])
  assert.equal(await may('Docs', 'Change'), true)
  assert.equal(await may('Docs', 'ChangeOwn'), true)
  assert.equal(await may('Docs', 'DeleteOwn'), false)
  assert.equal(await may('Board', 'Change'), false)
  await member([])
  assert.equal(await may('Docs', 'Change'), false)
  const manage = await find('Insights', 'Manage')
  await one.owner.call(`PUT ${path}`, { body: { accessControlId: manage.id, userGroup: [group.id] } })
  await member([ann.userId])
  assert.equal(await may('Insights', 'DeleteOwn'), true)
})

test('a role that an area does not have is added by name or number, once [C1-enums]', async () => {
  const { userGroup } = await find('Docs', 'View')
  const made = await one.owner.call(`POST ${path}`, { body: { area: 'Docs', role: 'Filter', userGroup } })
  assert.equal(made.status, 200)
  assert.equal(made.body.role, 540)
  assert.equal(made.body.accessControlId, made.body.id)
  assert.equal(made.body.isSystem, false)
  const again = await one.owner.call(`POST ${path}`, { body: { area: 'Docs', role: 540, userGroup } })
  assert.equal(again.body.code, 'ACCESS_CONTROL_EXISTS')
  for (const [body, field] of [
    [{ area: 'Docs', role: 'Plan', userGroup }, 'role'],
    [{ area: 'Docs', role: 541, userGroup }, 'role'],
    [{ area: 'docs', role: 'View', userGroup }, 'area']
  ] as const) {
    const answer = await one.owner.call(`POST ${path}`, { body })
    assert.deepEqual(answer.body.fields, [{ field, code: 'not_allowed' }])
  }
})

test('area and role name the record: they may be sent back, not changed', async () => {
  const { body: control } = await one.owner.call(`GET ${path}/${(await find('Timesheet', 'Add')).id}`)
  const same = await one.owner.call(`PUT ${path}`, { body: control })
  assert.equal(same.status, 200)
  const moved = await one.owner.call(`PUT ${path}/${control.id}`, { body: { ...control, role: 'Manage' } })
  assert.deepEqual(moved.body.fields, [{ field: 'role', code: 'not_allowed' }])
  const nameless = await one.owner.call(`PUT ${path}`, { body: { userGroup: [] } })
  assert.deepEqual(nameless.body.fields, [{ field: 'id', code: 'required' }])
  const stale = await one.owner.call(`PUT ${path}/${control.id}`, {
    body: { userGroup: [] },
    headers: { 'if-match': '"x"' }
  })
  assert.equal(stale.status, 412)
})

test('neither controls nor groups of another workspace exist here [C1-tenant-border]', async () => {
  const foreign = await find('Docs', 'View', other)
  assert.equal((await one.owner.call(`GET ${path}/${foreign.id}`)).body.code, 'ACCESS_CONTROL_NOT_FOUND')
  const change = await one.owner.call(`PUT ${path}/${foreign.id}`, { body: { userGroup: [] } })
  assert.equal(change.body.code, 'ACCESS_CONTROL_NOT_FOUND')
  const own = await find('Docs', 'View')
  const lent = await one.owner.call(`PUT ${path}/${own.id}`, { body: { userGroup: foreign.userGroup } })
  assert.equal(lent.body.code, 'GROUP_NOT_FOUND')
  assert.deepEqual((await find('Docs', 'View', other)).userGroup, foreign.userGroup)
})

test('rights are given by super admins alone [C3-user-rights]', async () => {
  const { id, userGroup } = await find('Docs', 'View')
  const tries: [string, object][] = [
    [`POST ${path}`, { area: 'Docs', role: 'DeleteOwn', userGroup }],
    [`PUT ${path}/${id}`, { userGroup }],
    [`PUT ${path}`, { id, userGroup }]
  ]
  for (const [what, body] of tries) assert.equal((await ann.call(what, { body })).status, 403, what)
})
