import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  askForCode,
  mailedCode,
  mailedLink,
  newWish,
  openWorkspaceFor,
  signUp,
  type Wish
} from '../../../testing/signups.ts'
import { openWorld } from '../../../testing/world.ts'
import { sweepDomainRests } from '../tenancy/workspace.ts'

const world = await openWorld({ after }, 'domain_choice')
const daySeconds = 24 * 3600

async function check(body: object) {
  return (await world.call('POST /api/bo/on/agent/check', { body })).body
}

async function undo(wish: Wish): Promise<void> {
  const { host, path } = await mailedLink(world, wish.email, 'undo')
  assert.equal((await world.call(`POST ${path}`, { host, form: {} })).status, 200)
}

async function openAndUndo(): Promise<Wish> {
  const wish = newWish()
  await openWorkspaceFor(world, wish)
  await undo(wish)
  return wish
}

test('three suggestions come with whatever was wished, each is free and none is the wish [C2-suggestions]', async () => {
  for (const domain of [
    'admin',
    'Acme Corp',
    'https://www.acme.com/',
    '---',
    'a',
    'x'.repeat(300),
    '日本',
    undefined,
    5
  ]) {
    const { suggestions } = await check({ ...newWish(), domain })
    assert.equal(new Set(suggestions).size, 3, String(domain))
    for (const suggestion of suggestions) {
      assert.notEqual(suggestion, domain)
      assert.equal((await check({ ...newWish(), domain: suggestion })).valid, true, suggestion)
    }
  }
})

test('suggestions stay free when the first ones are taken [C2-suggestions]', async () => {
  const seen = new Set<string>()
  const domain = newWish().domain
  await openWorkspaceFor(world, newWish({ domain }))
  for (let count = 0; count < 5; count++) {
    const { suggestions } = await check({ ...newWish(), domain })
    assert.equal(suggestions.length, 3)
    const [first] = suggestions
    assert.ok(!seen.has(first))
    seen.add(first)
    await openWorkspaceFor(world, newWish({ domain: first }))
  }
})

for (const domain of [
  'adm1n',
  'www2',
  'l0gin',
  'api',
  'mai1',
  'supp0rt',
  'ekso-app',
  'my-account',
  'confirm',
  'docs'
])
  test(`the door refuses ${domain}, also in step 2 with signupId [C2-domain-look-alikes, S2-domain-blacklisted]`, async () => {
    const wish = newWish()
    assert.equal((await askForCode(world, { ...wish, domain })).body.code, 'DOMAIN_BLACKLISTED')
    const { signupId } = (await askForCode(world, wish)).body
    const verificationCode = await mailedCode(world, wish.email)
    const refused = await signUp(world, { signupId, verificationCode, domain })
    assert.deepEqual([refused.status, refused.body.code], [422, 'DOMAIN_BLACKLISTED'])
    assert.equal((await signUp(world, { signupId, verificationCode })).status, 200)
  })

test('a name given back rests 180 days for strangers [C2-domain-rest]', async () => {
  const { domain } = await openAndUndo()
  const stranger = newWish({ domain })
  for (const seconds of [0, 100 * daySeconds, 80 * daySeconds - 1]) {
    world.pass(seconds)
    await world.db.install((tx) => sweepDomainRests(tx, world.now(), 500))
    const refused = await askForCode(world, stranger)
    assert.deepEqual([refused.status, refused.body.code], [409, 'DOMAIN_TAKEN'])
    assert.ok(!refused.body.suggestions.includes(domain))
  }
  world.pass(1)
  assert.equal((await openWorkspaceFor(world, stranger)).workspace.domain, domain)
})

test('the address that gave a name back takes it again, with any tag and case; then it is no longer at rest [C2-domain-rest]', async () => {
  const { domain, email } = await openAndUndo()
  const again = newWish({ domain, email: email.replace('@', '+again@').toUpperCase() })
  const { workspace } = await openWorkspaceFor(world, again)
  assert.equal(workspace.domain, domain)
  assert.equal((await check(newWish({ domain }))).domainAvailable, false)
  await undo(again)
  assert.equal((await check(newWish({ domain, email }))).domainAvailable, true)
  assert.equal((await check(newWish({ domain }))).domainAvailable, false)
})

test('a code that was mailed before the name came to rest does not take it [C2-domain-rest]', async () => {
  const owner = newWish()
  const stranger = newWish({ domain: owner.domain })
  const { signupId } = (await askForCode(world, stranger)).body
  const verificationCode = await mailedCode(world, stranger.email)
  await openWorkspaceFor(world, owner)
  await undo(owner)
  assert.equal((await signUp(world, { signupId, verificationCode })).body.code, 'DOMAIN_TAKEN')
})

test('undo and sign-ups for the same name at once never give it to a stranger [C2-domain-race, C2-domain-rest]', async () => {
  for (let round = 0; round < 4; round++) {
    const owner = newWish()
    const strangers = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const wish = newWish({ domain: owner.domain })
        const { signupId } = (await askForCode(world, wish)).body
        return { signupId, verificationCode: await mailedCode(world, wish.email) }
      })
    )
    await openWorkspaceFor(world, owner)
    const [, ...answers] = await Promise.all([undo(owner), ...strangers.map((body) => signUp(world, body))])
    assert.deepEqual(
      answers.map((answer) => answer?.body.code),
      strangers.map(() => 'DOMAIN_TAKEN')
    )
  }
})
