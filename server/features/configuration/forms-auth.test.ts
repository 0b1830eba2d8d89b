import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addPerson, openWorkspace } from '../../../testing/people.ts'
import { openWorld } from '../../../testing/world.ts'
import { changeFormsAuth, defaultFormsAuth, readFormsAuthRules } from './forms-auth.ts'

const world = await openWorld({ after }, 'forms_auth')
const one = await openWorkspace(world)
const other = await openWorkspace(world)
const path = '/api/config/forms-auth'

function put(body: object, headers: Record<string, string> = {}) {
  return one.owner.call(`PUT ${path}`, { body, headers })
}

test('a workspace starts with 8 to 40 characters, upper, lower, digit, and no second factor [C3-forms-auth]', async () => {
  const { status, body, headers } = await one.owner.call(`GET ${path}`)
  assert.equal(status, 200)
  assert.equal(body.entity, 'formsAuth')
  for (const [member, value] of Object.entries(defaultFormsAuth)) assert.equal(body[member], value, member)
  assert.equal((await one.owner.call(`GET ${path}`)).headers.etag, headers.etag, 'the same record each time')
})

test('what is sent is changed, the rest stays, in this workspace alone [C3-forms-auth] [C1-tenant-border]', async () => {
  const before = (await one.owner.call(`GET ${path}`)).headers.etag ?? ''
  const changed = await put(
    { passwordMinimumLength: 12, passwordRequireSymbol: true },
    { 'if-match': before }
  )
  assert.equal(changed.status, 200)
  assert.equal(changed.body.passwordMinimumLength, 12)
  assert.equal(changed.body.passwordMaximumLength, 40)
  assert.equal(changed.body.updatedBy, one.owner.userId)
  assert.equal((await put({ active: false }, { 'if-match': before })).status, 412)
  const whole = await put(changed.body)
  assert.deepEqual({ ...whole.body, updated: '' }, { ...changed.body, updated: '' })
  const rules = (tenantId: string) => world.db.write({ tenantId }, (tx) => readFormsAuthRules(tx, tenantId))
  assert.equal((await rules(one.tenantId)).passwordMinimumLength, 12)
  assert.deepEqual(await rules(other.tenantId), defaultFormsAuth)
})

test('rules that nobody could meet are refused', async () => {
  const cases: [object, string][] = [
    [{ passwordMinimumLength: 7 }, 'passwordMinimumLength'],
    [{ passwordMaximumLength: 129 }, 'passwordMaximumLength'],
    [{ passwordMinimumLength: 30, passwordMaximumLength: 20 }, 'passwordMaximumLength'],
    [{ twoFactorAuthCodeSize: 5 }, 'twoFactorAuthCodeSize'],
    [{ passwordChangeInterval: -1 }, 'passwordChangeInterval'],
    [{ active: 1 }, 'active'],
    [{ password: 'x' }, 'password']
  ]
  for (const [body, field] of cases) {
    const answer = await put(body)
    assert.equal(answer.status, 400, field)
    assert.equal(answer.body.fields[0].field, field)
  }
})

test('a token may switch the second factor on; off takes a person in a browser [C3-out-of-reach]', async () => {
  assert.equal((await put({ twoFactorAuth: true })).body.twoFactorAuth, true)
  const off = await put({ twoFactorAuth: false })
  assert.deepEqual([off.status, off.body.code], [403, 'FRESH_PASSWORD_REQUIRED'])
  const inBrowser = await world.db.write(one.owner, (tx) =>
    changeFormsAuth(tx, one.owner.session(), world.means(), { twoFactorAuth: false })
  )
  assert.equal(inBrowser.twoFactorAuth, false)
})

test('the settings are for super admins [C3-user-rights]', async () => {
  const ann = await addPerson(world, one)
  assert.equal((await ann.call(`GET ${path}`)).status, 403)
  assert.equal((await ann.call(`PUT ${path}`, { body: {} })).status, 403)
  const inBrowser = world.db.write(ann, (tx) => changeFormsAuth(tx, ann.session(), world.means(), {}))
  await assert.rejects(inBrowser, { code: 'SUPER_ADMIN_REQUIRED' })
})

test('two first changes at once are both kept', async () => {
  const { owner } = await openWorkspace(world)
  const change = (body: object) => owner.call(`PUT ${path}`, { body })
  const answers = await Promise.all([
    change({ passwordMinimumLength: 10 }),
    change({ passwordMaximumLength: 60 })
  ])
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200]
  )
  const { body } = await owner.call(`GET ${path}`)
  assert.deepEqual([body.passwordMinimumLength, body.passwordMaximumLength], [10, 60])
})
