import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claim, claimState, soundClaim } from '../../../testing/claims.ts'
import { openMailbox } from '../../../testing/mailbox.ts'
import { askForCode, mailedLink, newWish } from '../../../testing/signups.ts'
import { openWorld, until } from '../../../testing/world.ts'

const publicUrl = 'https://ekso.acme.example'
const host = 'ekso.acme.example'
const setupToken = 'a setup token that nobody guesses'

test('of twelve claims at once, through two servers, one wins [C4-claim-race, C4-claim-whole]', async (t) => {
  const one = await openWorld(t, 'claim_race')
  const two = await one.twin()
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, at) =>
      claim(at % 2 ? one : two, { email: `jane${at}@acme.example`, organization: `Acme ${at}` })
    )
  )
  const statuses = answers.map(({ status }) => status).sort()
  assert.deepEqual(statuses, [200, ...Array(11).fill(410)])
  const winner = answers.findIndex(({ status }) => status === 200)
  const { name, owners } = await claimState(one)
  assert.equal(name, `Acme ${winner}`)
  assert.deepEqual(
    owners.map(({ email }) => email),
    [`jane${winner}@acme.example`]
  )
  for (const world of [one, two]) assert.equal((await world.call('GET /startup')).status, 410)
})

test('copies of one claim with one Idempotency-Key through two servers get one answer [C1-key-replay]', async (t) => {
  const one = await openWorld(t, 'claim_copies')
  const two = await one.twin()
  const headers = { 'idempotency-key': 'a key that only this caller knows' }
  const answers = await Promise.all([one, two, one, two].map((world) => claim(world, {}, { headers })))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200]
  )
  assert.equal(new Set(answers.map(({ body }) => JSON.stringify(body))).size, 1)
})

test('every server follows the stored URL, links and Origin with it [C4-stored-url, C4-stored-everywhere, C4-stored-used, C5-judged-per-request]', async (t) => {
  const one = await openWorld(t, 'stored_url', { EKSO_SETUP_TOKEN: setupToken, EKSO_SIGNUP: 'open' })
  const two = await one.twin()
  const closed = await one.twin({ EKSO_SETUP_TOKEN: setupToken })
  assert.equal((await closed.call('POST /api/bo/on/agent/check', { body: newWish() })).body.valid, true)
  assert.equal((await one.call('GET /', { host })).status, 421)

  const { body } = await claim(one, { publicUrl, setupToken })
  assert.deepEqual([body.publicUrl, body.loginUrl], [publicUrl, publicUrl])
  const later = await one.twin()
  for (const [world, waitMs] of [
    [one, 0],
    [later, 0],
    [two, 5000],
    [closed, 5000]
  ] as const) {
    const isFollowing = async () => (await world.call('GET /', { host })).status === 200
    if (waitMs) await until(isFollowing, waitMs)
    assert.ok(await isFollowing())
    const front = await world.call('GET /', { host })
    assert.match(front.headers['strict-transport-security'] ?? '', /max-age/)
    assert.equal((await world.call('GET /openapi.json', { host })).body.servers[0].url, publicUrl)
    for (const name of ['localhost:6050', '127.0.0.1:1234', '[::1]'])
      assert.equal((await world.call('GET /', { host: name })).status, 200)
    assert.equal((await world.call('GET /', { host: 'acme.localhost:6050' })).status, 421)
    assert.equal(
      (await world.call('GET /dev/mail', { from: '127.0.0.1', host: 'localhost:6050' })).status,
      404
    )
  }

  const form = { email: 'nobody@acme.example' }
  const post = (origin: string) =>
    two.call('POST /password', { form, host: 'localhost:6050', headers: { origin } })
  assert.equal((await post('http://localhost:6050')).body, undefined)
  assert.equal((await post('http://localhost:6050')).status, 403)
  assert.equal((await post(publicUrl)).status, 200)

  const wish = newWish()
  assert.equal((await askForCode(two, wish)).status, 200)
  assert.equal((await mailedLink(two, wish.email, 'confirm')).host, host)
  assert.equal((await askForCode(closed, newWish())).body.code, 'SIGNUP_CLOSED')
})

test('an install that leaves localhost without a mail server says so loudly [C5-mail-unsent]', async (t) => {
  const world = await openWorld(t, 'stored_url_mail', { EKSO_SETUP_TOKEN: setupToken })
  const { body } = await claim(world, { publicUrl, setupToken })
  assert.match(body.message, /SMTP_URL/)
  assert.ok(
    world.lines.some(({ level, msg }) => level === 'error' && /SMTP_URL IS NOT SET/.test(String(msg)))
  )
})

test('a setting that is not localhost counts against a stored URL, under a warning', async (t) => {
  const world = await openWorld(t, 'stored_url_moved', { EKSO_SETUP_TOKEN: setupToken })
  await claim(world, { publicUrl, setupToken })
  const moved = await world.twin({ EKSO_PUBLIC_URL: 'https://work.example', SMTP_URL: 'smtp://127.0.0.1:1' })
  assert.equal((await moved.call('GET /', { host: 'work.example' })).status, 200)
  assert.equal((await moved.call('GET /', { host })).status, 421)
  assert.ok(moved.lines.some(({ level, stored }) => level === 'warn' && stored === publicUrl))
})

test('a localhost install may be started on another port after its claim', async (t) => {
  const world = await openWorld(t, 'stored_url_port')
  await claim(world)
  const other = await world.twin({ PORT: '7000' })
  assert.equal((await other.call('GET /openapi.json')).body.servers[0].url, 'http://localhost:7000')
  assert.equal((await claim(other, soundClaim)).status, 410)
})

test('mail comes from the stored host [C4-stored-used]', async (t) => {
  const mailbox = await openMailbox()
  t.after(() => mailbox.close())
  const settings = { EKSO_SETUP_TOKEN: setupToken, EKSO_SIGNUP: 'open', SMTP_URL: mailbox.url }
  const world = await openWorld(t, 'stored_url_sender', settings)
  assert.doesNotMatch((await claim(world, { publicUrl, setupToken })).body.message, /SMTP_URL/)
  const wish = newWish()
  await askForCode(world, wish)
  const { headers } = await mailbox.waitForMail((mail) => mail.to.includes(wish.email))
  const from = headers.find(({ key }) => key === 'from')
  assert.match(from?.value ?? '', /no-reply@ekso\.acme\.example/)
})
