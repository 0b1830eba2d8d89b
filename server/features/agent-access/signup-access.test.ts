import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as oauth from 'openid-client'
import { revokeGrant } from '#server/features/oauth/oauth-grant.ts'
import { anotherCode, askForCode, mailedCode, mailedLink, newWish, signUp } from '../../../testing/signups.ts'
import { type Answer, openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'signup_access')

async function begin(name = 'Claude Code') {
  const wish = newWish()
  const verifier = oauth.randomPKCECodeVerifier()
  const codeChallenge = await oauth.calculatePKCECodeChallenge(verifier)
  const { body } = await askForCode(world, { ...wish, agent: { name, codeChallenge } })
  const signupId: string = body.signupId
  const host = `${wish.domain}.localhost:6050`
  const complete = async () =>
    signUp(world, { signupId, verificationCode: await mailedCode(world, wish.email) })
  const approve = async (form: Record<string, string>) => {
    const { path } = await mailedLink(world, wish.email, 'confirm')
    return world.call(`POST ${path}/approval`, { form })
  }
  const redeem = (given: Answer['body']) =>
    world.call('POST /token', {
      host,
      form: {
        grant_type: 'authorization_code',
        code: given.code,
        client_id: given.clientId,
        redirect_uri: given.redirectUri,
        code_verifier: verifier
      }
    })
  const callMe = (token: string) =>
    world.call('GET /api/user/me', { host, headers: { authorization: `Bearer ${token}` } })
  return {
    wish,
    signupId,
    host,
    complete,
    approve,
    redeem,
    callMe,
    repeat: () => signUp(world, { signupId })
  }
}

test('from the first call to an authorised one without a browser, and out again when the owner disconnects [C2-agent-answer, C2-agent-mail, C2-agent-revoke]', async () => {
  const agent = await begin()
  const [mail] = await world.letters(agent.wish.email)
  assert.match(
    mail?.text ?? '',
    /lets the agent read and change work there in your name[\s\S]*\n\n[0-9]{6}\n/
  )
  const { status, body } = await agent.complete()
  assert.equal(status, 200)
  assert.deepEqual(
    [body.domain, body.oauth.issuer, body.oauth.scope, body.oauth.expiresIn],
    [agent.wish.domain, `http://${agent.host}`, 'work:read work:write', 600]
  )
  const tokens = await agent.redeem(body.oauth)
  assert.equal(tokens.status, 200, tokens.text)
  const me = await agent.callMe(tokens.body.access_token)
  assert.deepEqual([me.status, me.body.email], [200, agent.wish.email])

  const who = { tenantId: body.tenantId }
  const grants = await world.db.write(who, (tx) =>
    tx
      .selectFrom('oauth_grants')
      .select(['id', 'client_name'])
      .where('tenant_id', '=', who.tenantId)
      .execute()
  )
  assert.deepEqual(
    grants.map(({ client_name }) => client_name),
    ['Claude Code']
  )
  await world.db.write(who, (tx) => revokeGrant(tx, { ...who, grantId: grants[0]?.id ?? '' }))
  world.pass(10)
  assert.equal((await agent.callMe(tokens.body.access_token)).status, 401)
  assert.equal((await agent.repeat()).body.oauth, undefined, 'the word of the owner stands')
})

test('a lost answer strands nobody until the agent is at work, for an hour [C2-agent-lost]', async () => {
  const agent = await begin()
  const first = (await agent.complete()).body
  const lost = await agent.redeem(first.oauth)
  const second = (await agent.repeat()).body
  assert.deepEqual({ ...second, oauth: undefined }, { ...first, oauth: undefined })
  assert.notEqual(second.oauth.code, first.oauth.code)
  world.pass(10)
  assert.equal((await agent.callMe(lost.body.access_token)).status, 401, 'what the earlier code gave is gone')
  const tokens = await agent.redeem(second.oauth)
  assert.equal((await agent.callMe(tokens.body.access_token)).status, 200)
  const third = await agent.repeat()
  assert.deepEqual([third.status, third.body.oauth, third.body.tenantId], [200, undefined, first.tenantId])
  assert.equal((await agent.callMe(tokens.body.access_token)).status, 200)

  const slow = await begin()
  await slow.complete()
  world.pass(3600)
  assert.equal((await slow.repeat()).body.oauth, undefined)
})

test('parallel copies of step 2 leave one grant [C2-agent-lost]', async () => {
  const agent = await begin()
  const code = await mailedCode(world, agent.wish.email)
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => signUp(world, { signupId: agent.signupId, verificationCode: code }))
  )
  assert.ok(answers.every(({ status }) => status === 200))
  const tenantId: string = answers[0]?.body.tenantId
  const grants = await world.db.write({ tenantId }, (tx) =>
    tx.selectFrom('oauth_grants').select('id').where('tenant_id', '=', tenantId).execute()
  )
  assert.equal(grants.length, 1)
  const redeemed = await Promise.all(answers.map(({ body }) => agent.redeem(body.oauth)))
  assert.equal(redeemed.filter(({ status }) => status === 200).length, 1)
})

test('on the page access is a box of its own, unticked at first [C2-agent-box, C2-page-approve]', async () => {
  const without = await begin()
  const { path } = await mailedLink(world, without.wish.email, 'confirm')
  const { text } = await world.call(`GET ${path}`)
  assert.match(text, /<input type="checkbox" name="agent" value="allow">/)
  await without.approve({})
  const plain = await without.repeat()
  assert.deepEqual([plain.status, plain.body.oauth], [200, undefined])

  const ticked = await begin()
  await ticked.approve({ agent: 'allow' })
  const { body } = await ticked.repeat()
  assert.equal((await ticked.redeem(body.oauth)).status, 200)
})

test('the box of a sign-up without an agent means nothing [C2-agent-box]', async () => {
  const wish = newWish()
  const { signupId } = (await askForCode(world, wish)).body
  const { path } = await mailedLink(world, wish.email, 'confirm')
  assert.doesNotMatch((await world.call(`GET ${path}`)).text, /name="agent"/)
  await world.call(`POST ${path}/approval`, { form: { agent: 'allow' } })
  assert.equal((await signUp(world, { signupId })).body.oauth, undefined)
})

test('nothing of it after a wrong code, a refusal or an undo [C2-agent-refused]', async () => {
  const wrong = await begin()
  const verificationCode = anotherCode(await mailedCode(world, wrong.wish.email))
  const refused = await signUp(world, { signupId: wrong.signupId, verificationCode })
  assert.deepEqual([refused.status, refused.body.oauth], [422, undefined])

  const rejected = await begin()
  const { path } = await mailedLink(world, rejected.wish.email, 'confirm')
  await world.call(`POST ${path}/refusal`, { form: {} })
  assert.deepEqual([(await rejected.repeat()).body.code], ['SIGNUP_REJECTED'])

  const undone = await begin()
  const { oauth: given } = (await undone.complete()).body
  const tokens = await undone.redeem(given)
  const undo = await mailedLink(world, undone.wish.email, 'undo')
  assert.equal((await world.call(`POST ${undo.path}`, { host: undo.host, form: {} })).status, 200)
  assert.equal((await undone.repeat()).body.code, 'SIGNUP_UNDONE')
  assert.ok((await undone.callMe(tokens.body.access_token)).status >= 400)
})
