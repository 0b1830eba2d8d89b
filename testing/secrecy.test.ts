import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openConnection } from '#server/kernel/db.ts'
import { dumpDatabase, findInClear } from './dump.ts'
import { anotherCode, askForCode, mailedCode, mailedLink, newWish, signUp } from './signups.ts'
import { type Answer, openWorld } from './world.ts'

const world = await openWorld({ after }, 'secrecy')
const password = 'Correct-Horse-7-Staple'

/** A whole life with every secret in it, and every answer that its API calls got. */
async function liveAWholeLife(): Promise<{ secrets: Map<string, string>; answers: Answer[] }> {
  const wish = newWish()
  const secrets = new Map([['password', password]])
  const answers: Answer[] = []
  const keep = (answer: Answer) => {
    answers.push(answer)
    return answer
  }
  const note = async (name: string, email: string) => {
    secrets.set(`code ${name}`, await mailedCode(world, email))
    secrets.set(`link ${name}`, (await mailedLink(world, email, 'confirm')).path.split('/').at(-1) ?? '')
  }
  const key = 'an-idempotency-key-that-is-long'
  secrets.set('key', key)
  const headers = { 'idempotency-key': key }
  const begun = keep(await world.call('POST /api/bo/on/agent/code', { body: wish, headers }))
  const { signupId } = begun.body
  secrets.set('signupId', signupId)
  const path = `/api/bo/on/agent/signups/${signupId}`
  await note('first', wish.email)
  world.pass(120)
  keep(await world.call(`POST ${path}/resend`, { headers }))
  await note('second', wish.email)
  const email = newWish().email
  keep(await world.call(`POST ${path}/email`, { body: { email } }))
  await note('third', email)
  const verificationCode = await mailedCode(world, email)
  keep(await world.call(`GET ${path}`))
  await signUp(world, { signupId, verificationCode: anotherCode(verificationCode) })
  await world.call(`GET ${(await mailedLink(world, email, 'confirm')).path}`)
  await failInStepTwo({ signupId, verificationCode })
  keep(await signUp(world, { signupId, verificationCode }, { key }))
  keep(await world.call(`GET ${path}`))
  await ownTheWorkspace(email, secrets)
  return { secrets, answers }
}

// What a failure logs holds no secret either.
async function failInStepTwo(body: object): Promise<void> {
  const superuser = await openConnection(world.database.superuser)
  await superuser.query('alter table users add constraint refuses_all check (false) not valid')
  const failed = await signUp(world, body)
  await superuser.query('alter table users drop constraint refuses_all')
  await superuser.end()
  assert.equal(failed.status, 500)
}

async function ownTheWorkspace(email: string, secrets: Map<string, string>): Promise<void> {
  const link = await mailedLink(world, email, 'password')
  const undo = await mailedLink(world, email, 'undo')
  secrets.set('password link', link.path.split('/').at(-1) ?? '')
  secrets.set('undo link', undo.path.split('/').at(-1) ?? '')
  const form = { password, repeated: password }
  assert.equal((await world.call(`POST ${link.path}`, { host: link.host, form })).status, 200)
  world.pass(120)
  await world.call('POST /password', { host: link.host, form: { email } })
  const reset = await mailedLink(world, email, 'password')
  assert.notEqual(reset.path, link.path)
  secrets.set('reset link', reset.path.split('/').at(-1) ?? '')
  await world.call(`GET ${reset.path}`, { host: link.host })
  const wrong = await world.call(`POST ${undo.path}`, {
    host: undo.host,
    form: { password: 'Wrong-Horse-1' }
  })
  assert.equal(wrong.status, 403)
  assert.equal((await world.call(`POST ${undo.path}`, { host: undo.host, form: { password } })).status, 200)
}

const { secrets, answers } = await liveAWholeLife()

test('the search sees what lies open: what is no secret is found [C2-code-hashed]', async () => {
  const dump = await dumpDatabase(world.database)
  assert.ok(dump.size > 60, `only ${dump.size} columns`)
  assert.ok([...dump.keys()].some((column) => column.startsWith('pgboss.')))
  assert.deepEqual(findInClear(dump, 'Jane Smith'), ['signups.name', 'users.name'])
  for (const planted of [
    Buffer.from('\u00ff482916\u0000', 'latin1'),
    'your code: 482916',
    { deep: ['482916'] },
    Buffer.from('482916').toString('hex')
  ])
    assert.equal(findInClear(new Map([['planted', [planted]]]), '482916').length, 1)
  const token = 'AAECAwQFBgcICQoLDA0ODw'
  assert.equal(findInClear(new Map([['planted', [Buffer.from(token, 'base64url')]]]), token).length, 1)
})

test('no code, link, key, signupId or password is in any table in clear [C2-code-hashed, C2-signup-id]', async () => {
  assert.equal(secrets.size, 12)
  const dump = await dumpDatabase(world.database)
  for (const [name, secret] of secrets) {
    assert.ok(secret.length >= 6, name)
    assert.deepEqual(findInClear(dump, secret), [], name)
  }
})

test('no code, link, key, signupId or password is in the log, which holds route patterns and no URLs [C2-code-hashed, C2-logs]', () => {
  const log = new Map([['log', world.lines]])
  for (const [name, secret] of secrets) assert.deepEqual(findInClear(log, secret), [], name)
  const routes = new Set(world.lines.map(({ route }) => route))
  for (const pattern of ['/confirm/:token', '/undo/:token', '/api/bo/on/agent/signups/:signupId/resend'])
    assert.ok(routes.has(pattern), pattern)
  assert.ok(world.lines.some(({ level, msg }) => level === 'error' && msg === 'A request failed'))
})

test('no code and no mailed link is in any answer of the API [C2-code-hashed]', () => {
  const texts = new Map([['answers', answers.map(({ text }) => text)]])
  assert.equal(answers.length, 6)
  for (const [name, secret] of secrets)
    if (name !== 'signupId') assert.deepEqual(findInClear(texts, secret), [], name)
})

test('a stranger who reads an address twice gets nothing of the first signupId', async () => {
  const wish = newWish()
  const first = (await askForCode(world, wish)).body.signupId
  const { text } = await askForCode(world, wish)
  assert.ok(!text.includes(first))
})
