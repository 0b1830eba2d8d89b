import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addSeconds } from '#server/kernel/clock.ts'
import { type OwnedWorkspace, openOwned, ownerPassword, signInOn } from '../../../testing/owner.ts'
import { mailedLink } from '../../../testing/signups.ts'
import { type Answer, openWorld } from '../../../testing/world.ts'
import { countFailure, type FailureCount } from './password-throttle.ts'

const world = await openWorld({ after }, 'password_throttle')
const start = new Date('2026-01-01T12:00:00Z')
const none: FailureCount = { failures: [], waits: 0, waitUntil: null }

/** Fails at these seconds; answers the wait after each, `null` where the try had to wait. */
function failAt(...seconds: number[]): (number | null)[] {
  let held = none
  return seconds.map((second) => {
    const now = addSeconds(start, second)
    const { count, waitSeconds } = countFailure(held, now)
    held = count
    if (waitSeconds > 0) return null
    return count.waitUntil ? (count.waitUntil.getTime() - now.getTime()) / 1000 : 0
  })
}

/** Wrong passwords from browsers that nobody knows, all at once. */
function guess(owned: OwnedWorkspace, times: number, email = owned.wish.email): Promise<Answer[]> {
  return Promise.all(
    Array.from({ length: times }, (_, at) => signInOn(owned.newTab(), email, `Wrong-guess-${at}`))
  )
}

const nine = [0, 1, 2, 3, 4, 5, 6, 7, 8]

test('the tenth failure in 15 minutes brings a wait, and waits double to 15 minutes [C3-throttle-wait]', () => {
  const tries = [...nine, 9, 10, 69, 189, 429, 909, 1809, 2709]
  assert.deepEqual(failAt(...tries), [...nine.map(() => 0), 60, null, 120, 240, 480, 900, 900, 900])
})

test('failures older than 15 minutes count no more, and quiet ends the doubling [C3-throttle-wait]', () => {
  assert.deepEqual(failAt(...nine, 904), [...nine.map(() => 0), 0])
  assert.deepEqual(failAt(...nine, 9, 970), [...nine.map(() => 0), 60, 0])
})

test('guesses at once all count, and then the right password waits too [C3-throttle-parallel, C3-throttle-wait]', async () => {
  const owned = await openOwned(world)
  const guesses = await guess(owned, 14)
  const count = (status: number) => guesses.filter((answer) => answer.status === status).length
  assert.deepEqual([count(403), count(429)], [10, 4])
  const waiting = await signInOn(owned.newTab(), owned.wish.email)
  assert.equal(waiting.status, 429)
  assert.ok(Number(waiting.headers['retry-after']) > 50)
  assert.match(waiting.text, /It works again in 1 minute/)
  world.pass(61)
  assert.equal((await signInOn(owned.newTab(), owned.wish.email)).status, 303)
})

test('strangers cannot keep a browser waiting that signed in before [C3-throttle-known-browser]', async () => {
  const owned = await openOwned(world)
  const known = owned.newTab()
  assert.equal((await signInOn(known, owned.wish.email)).status, 303)
  await known.open('POST /sign-out', { form: {} })
  await guess(owned, 10)
  assert.equal((await signInOn(owned.newTab(), owned.wish.email)).status, 429)
  assert.equal((await signInOn(known, owned.wish.email)).status, 303)
})

test('a known browser has a counter, too, and a forged cookie makes none [C3-throttle-known-browser]', async () => {
  const owned = await openOwned(world)
  const known = owned.newTab()
  await signInOn(known, owned.wish.email)
  await Promise.all(nine.concat(9).map(() => signInOn(known, owned.wish.email, 'Wrong-guess-1')))
  assert.equal((await signInOn(known, owned.wish.email)).status, 429)
  assert.equal((await signInOn(owned.newTab(), owned.wish.email)).status, 303)

  const other = await openOwned(world)
  await guess(other, 10)
  const forger = other.newTab()
  const cookie = known.cookies.get('ekso-browser') ?? ''
  for (const forged of [cookie, cookie.replace(/^./, 'A'), `${'A'.repeat(22)}.${'A'.repeat(43)}`]) {
    forger.cookies.set('ekso-browser', forged)
    assert.equal((await signInOn(forger, other.wish.email)).status, 429)
  }
})

test('a reset by mail ends the wait, and lets its browser past strangers who go on [C3-reset-clears, C3-throttle-known-browser]', async () => {
  const owned = await openOwned(world)
  const { email } = owned.wish
  world.pass(130)
  await guess(owned, 10)
  assert.equal((await signInOn(owned.newTab(), email)).status, 429)
  const tab = owned.newTab()
  await tab.open('POST /password', { form: { email } })
  const { path } = await mailedLink(world, email, 'password')
  const password = 'Another-Harbour-43'
  assert.equal((await tab.open(`POST ${path}`, { form: { password, repeated: password } })).status, 200)
  assert.deepEqual(
    (await guess(owned, 10)).map(({ status }) => status),
    Array(10).fill(403)
  )
  assert.equal((await signInOn(owned.newTab(), email, password)).status, 429)
  assert.equal((await signInOn(tab, email, ownerPassword)).status, 403)
  assert.equal((await signInOn(tab, email, password)).status, 303)
})

test('an address without an account waits like any other [C3-sign-in-unknown, C3-throttle-wait]', async () => {
  const owned = await openOwned(world)
  const nobody = `nobody@${owned.wish.domain}.example`
  assert.deepEqual(
    (await guess(owned, 10, nobody)).map(({ status }) => status),
    Array(10).fill(403)
  )
  assert.equal((await signInOn(owned.newTab(), nobody)).status, 429)
})

test('what failed in one workspace does not count in another [C3-throttle-wait]', async () => {
  const [one, other] = [await openOwned(world), await openOwned(world)]
  for (let guess = 0; guess < 10; guess++) await signInOn(one.newTab(), other.wish.email, 'Wrong-guess-1')
  assert.equal((await signInOn(other.newTab(), other.wish.email)).status, 303)
})

test('one address may try 10 times a minute, whichever accounts it tries [C3-password-tries]', async () => {
  const owned = await openOwned(world)
  const from = world.stranger()
  const answers = []
  for (let guess = 0; guess < 11; guess++)
    answers.push(await signInOn(owned.newTab(), `n${guess}@acme.example`, 'Wrong-guess-1', { from }))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [...Array.from({ length: 10 }, () => 403), 429]
  )
  assert.equal((await signInOn(owned.newTab(), owned.wish.email, ownerPassword, { from })).status, 429)
  world.pass(61)
  assert.equal((await signInOn(owned.newTab(), owned.wish.email, ownerPassword, { from })).status, 303)
})
