import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { askForCode, mailedLink, newWish, openWorkspaceFor } from '../../../testing/signups.ts'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'sign_up_form')

function send(form: Record<string, string>, from = world.stranger()) {
  return world.call('POST /signup', { form, from })
}

test('a person opens a workspace by the form and the mailed link, without an agent [C2-form-person]', async () => {
  assert.match((await world.call('GET /signup')).text, /<form method="post" action="\/signup">/)
  const wish = newWish()
  const answer = await send(wish)
  assert.equal(answer.status, 200)
  assert.match(answer.text, /Look into your mail/)
  const { path } = await mailedLink(world, wish.email, 'confirm')
  assert.doesNotMatch((await world.call(`GET ${path}`)).text, /name="agent"/)
  await world.call(`POST ${path}/approval`, { form: {} })
  const { host } = await mailedLink(world, wish.email, 'password')
  assert.equal((await world.call('GET /', { host })).status, 200)
})

test('every fault stands beside its field, with free names and what was typed [C2-form-person]', async () => {
  const taken = newWish()
  await openWorkspaceFor(world, taken)
  const { status, text } = await send({ ...newWish(), name: '', email: 'nobody', domain: taken.domain })
  assert.equal(status, 422)
  for (const id of ['name-faults', 'email-faults', 'domain-faults'])
    assert.ok(text.includes(`id="${id}"`), id)
  assert.match(text, /Free now: [a-z0-9-]+, [a-z0-9-]+, [a-z0-9-]+\./)
  assert.ok(text.includes('value="nobody"'))
})

test('the form shares the budget of both steps, and the two minutes of an address [C2-budget, C2-form-person]', async () => {
  const wish = newWish()
  assert.equal((await send(wish)).status, 200)
  const again = await send({ ...newWish(), email: wish.email })
  assert.equal(again.status, 429)
  assert.ok(Number(again.headers['retry-after']) > 60)
  const from = world.stranger()
  for (let call = 0; call < 5; call++) await askForCode(world, {}, from)
  assert.equal((await send(newWish(), from)).status, 429)
})

test('where sign-up is closed there is no form [C2-error-closed]', async (t) => {
  const closed = await openWorld(t, 'sign_up_form_closed', { EKSO_SIGNUP: 'closed' })
  assert.equal((await closed.call('GET /signup')).status, 403)
  assert.equal((await closed.call('POST /signup', { form: newWish() })).status, 403)
})
