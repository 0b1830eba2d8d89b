import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type OwnedWorkspace, openOwned, ownerPassword, signInOn, type Tab } from '../../../testing/owner.ts'
import { anotherCode, mailedLink } from '../../../testing/signups.ts'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'second_factor')

async function openWithCodes(digits = 6): Promise<OwnedWorkspace> {
  const owned = await openOwned(world)
  const who = {
    created_by: owned.userId,
    updated_by: owned.userId,
    created: world.now(),
    updated: world.now()
  }
  const rules = {
    active: true,
    password_change_interval: 0,
    password_minimum_length: 8,
    password_maximum_length: 40,
    password_require_number: true,
    password_require_uppercase_letter: true,
    password_require_lowercase_letter: true,
    password_require_symbol: false,
    two_factor_auth: true,
    two_factor_auth_code_size: digits
  }
  await world.db.write(owned, (tx) =>
    tx
      .insertInto('forms_auth')
      .values({ tenant_id: owned.tenantId, ...rules, ...who })
      .execute()
  )
  return owned
}

async function codeFor(owned: OwnedWorkspace): Promise<string> {
  const [letter] = (await world.letters(owned.wish.email)).filter(({ kind }) => kind === 'sign-in-code')
  return /^([0-9]{6,10})$/m.exec(letter?.text ?? '')?.[1] ?? ''
}

const enterCode = (tab: Tab, code: string) => tab.open('POST /sign-in/code', { form: { code } })

test('after the password the mailed code is asked for, and signs in [C3-second-factor]', async () => {
  const owned = await openWithCodes(8)
  const tab = owned.newTab()
  const asked = await signInOn(tab, owned.wish.email, ownerPassword, { return: '/account/keys' })
  assert.equal(asked.headers.location, '/sign-in/code')
  assert.equal(tab.cookies.has('ekso'), false)
  assert.match((await tab.open('GET /sign-in/code')).text, /Enter the code from your mail/)
  const code = await codeFor(owned)
  assert.equal(code.length, 8)
  assert.equal((await enterCode(tab, anotherCode(code))).status, 403)
  const { headers } = await enterCode(tab, ` ${code.slice(0, 4)} ${code.slice(4)} `)
  assert.equal(headers.location, '/account/keys')
  assert.equal((await tab.open('GET /account')).status, 200)
})

test('a code works once, for 10 minutes, in the browser that asked for it [C3-second-factor]', async () => {
  const owned = await openWithCodes()
  const tab = owned.newTab()
  await signInOn(tab, owned.wish.email)
  const code = await codeFor(owned)
  const thief = owned.newTab()
  assert.equal((await enterCode(thief, code)).headers.location, '/sign-in')
  const step = tab.cookies.get('ekso-step') ?? ''
  assert.equal((await enterCode(tab, code)).headers.location, '/')
  thief.cookies.set('ekso-step', step)
  assert.equal((await enterCode(thief, code)).headers.location, '/sign-in')

  const late = owned.newTab()
  await signInOn(late, owned.wish.email)
  const lateCode = await codeFor(owned)
  world.pass(601)
  assert.equal((await enterCode(late, lateCode)).headers.location, '/sign-in')
  assert.equal((await late.open('GET /sign-in/code')).headers.location, '/sign-in')
})

test('10 tries a day count over all codes, and a reset by mail ends the wait [C3-second-factor-tries, C3-reset-clears]', async () => {
  const owned = await openWithCodes()
  const { email } = owned.wish
  const tries = []
  for (let round = 0; round < 3; round++) {
    const tab = owned.newTab()
    await signInOn(tab, email)
    const wrong = anotherCode(await codeFor(owned))
    for (let at = 0; at < 4; at++) tries.push((await enterCode(tab, wrong)).status)
  }
  assert.deepEqual(tries, [...Array(10).fill(403), 429, 429])
  const tab = owned.newTab()
  await signInOn(tab, email)
  assert.equal((await enterCode(tab, await codeFor(owned))).status, 429)

  world.pass(3600)
  await tab.open('POST /password', { form: { email } })
  const { path } = await mailedLink(world, email, 'password')
  const password = 'Another-Harbour-43'
  await tab.open(`POST ${path}`, { form: { password, repeated: password } })
  await signInOn(tab, email, password)
  assert.equal((await enterCode(tab, await codeFor(owned))).headers.location, '/')
})

test('a password changed meanwhile makes the code worthless [C3-second-factor]', async () => {
  const owned = await openWithCodes()
  const tab = owned.newTab()
  await signInOn(tab, owned.wish.email)
  const code = await codeFor(owned)
  world.pass(130)
  await world.db.write(owned, (tx) =>
    tx
      .updateTable('users')
      .set({ password_set: world.now() })
      .where('tenant_id', '=', owned.tenantId)
      .execute()
  )
  await enterCode(tab, code)
  assert.equal((await tab.open('GET /account')).status, 303)
})

test('no more than 10 codes an hour are mailed to an account [C3-second-factor]', async () => {
  const owned = await openWithCodes()
  const answers = await Promise.all(
    Array.from({ length: 11 }, () => signInOn(owned.newTab(), owned.wish.email))
  )
  assert.equal(answers.filter(({ status }) => status === 429).length, 1)
})
