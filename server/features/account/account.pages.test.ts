import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addGrant } from '#server/features/oauth/oauth-grant.ts'
import { openOwned, ownerPassword, signedInTab, signInOn, type Tab } from '../../../testing/owner.ts'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'account')
const another = 'Another-Harbour-43'

const change = (tab: Tab, current: string, password: string, repeated = password) =>
  tab.open('POST /account/password', { form: { current, password, repeated } })

test('another password takes the current one and keeps to the rules [C3-own-password]', async () => {
  const tab = await signedInTab(await openOwned(world))
  for (const [fault, ...entries] of [
    ['This is not your current password.', 'Wrong-guess-1', another],
    ['Enter your current password.', '', another],
    ['Use at least 8 characters.', ownerPassword, 'short'],
    ['This differs from the first entry.', ownerPassword, another, `${another}x`],
    ['This is the current password.', ownerPassword, ownerPassword]
  ] as [string, string, string, string?][]) {
    const { status, text } = await change(tab, entries[0], entries[1], entries[2])
    assert.equal(status, 422, fault)
    assert.ok(text.includes(fault), fault)
    assert.ok(!text.includes(another) && !text.includes(ownerPassword))
  }
})

test('it ends all other sessions, mailed links and connected apps, and says so by mail [C3-own-password, C3-session-end]', async () => {
  const owned = await openOwned(world)
  const [tab, other] = [await signedInTab(owned), await signedInTab(owned)]
  const before = tab.cookies.get('ekso')
  await world.db.write(owned, (tx) =>
    addGrant(tx, world.now(), {
      ...owned,
      clientId: 'client_test',
      clientName: 'Agent',
      redirectHost: '127.0.0.1',
      resourceUrl: 'http://localhost:6050/api',
      granted: ['work:read'],
      rejected: []
    })
  )
  const { status, headers } = await change(tab, ownerPassword, another)
  assert.deepEqual([status, headers.location], [303, '/account?done=password'])
  assert.notEqual(tab.cookies.get('ekso'), before)
  assert.match((await tab.open('GET /account?done=password')).text, /Your password was changed/)
  assert.equal((await other.open('GET /account')).status, 303)
  assert.match((await tab.open('GET /account/apps')).text, /No app acts for you/)
  const [letter] = await world.letters(owned.wish.email)
  assert.equal(letter?.kind, 'password-changed')
  assert.equal((await signInOn(owned.newTab(), owned.wish.email)).status, 403)
  assert.equal((await signInOn(owned.newTab(), owned.wish.email, another)).status, 303)
})

test('guesses at the current password wait like those at sign-in [C3-own-password, C3-throttle-wait]', async () => {
  const tab = await signedInTab(await openOwned(world))
  await Promise.all(Array.from({ length: 10 }, (_, at) => change(tab, `Wrong-guess-${at}`, another)))
  assert.match((await change(tab, ownerPassword, another)).text, /It works again in 1 minute/)
})

test('a person sees where they are signed in, and signs out everywhere else [C3-session-end]', async () => {
  const owned = await openOwned(world)
  const [tab, other] = [await signedInTab(owned), await signedInTab(owned)]
  assert.match((await tab.open('GET /account')).text, /and in 1 other browser/)
  await tab.open('POST /account/sessions/end', { form: {} })
  assert.equal((await other.open('GET /account')).status, 303)
  assert.doesNotMatch((await tab.open('GET /account')).text, /other browser<|everywhere else/)
})
