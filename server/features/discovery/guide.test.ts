import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { problemTable } from '#server/kernel/problem-table.ts'
import { askForCode, mailedCode, newWish, signUp } from '../../../testing/signups.ts'
import { openWorld } from '../../../testing/world.ts'
import { durationText } from './duration.ts'
import { guidePage } from './guide-page.ts'

const world = await openWorld({ after }, 'guides')
const guides = ['/guide', '/guide/agent-onboarding', '/guide/api', '/guide/errors']

const read = (path: string, accept?: string) =>
  world.call(`GET ${path}`, accept === undefined ? {} : { headers: { accept } })

/** The JSON blocks of a guide, as values; a request has its lines above the body. */
async function examplesIn(path: string) {
  const { text } = await read(path)
  return [...text.matchAll(/^```(?:json|http)\n([\s\S]*?)^```/gm)].map((match) =>
    JSON.parse((match[1] ?? '').replace(/^[\s\S]*?(?=^\{)/m, ''))
  )
}

test('each guide is Markdown for programs and HTML for browsers; .md is always Markdown [C1-guide]', async () => {
  const kinds: [string | undefined, RegExp][] = [
    [undefined, /^text\/markdown/],
    ['*/*', /^text\/markdown/],
    ['application/json', /^text\/markdown/],
    ['text/html;q=0, */*', /^text\/markdown/],
    ['text/markdown, text/html;q=0.5', /^text\/markdown/],
    ['text/html,application/xhtml+xml,*/*;q=0.8', /^text\/html/]
  ]
  for (const path of guides) {
    for (const [accept, type] of kinds) {
      const answer = await read(path, accept)
      assert.equal(answer.status, 200)
      assert.match(answer.headers['content-type'] ?? '', type, `${path} for ${accept}`)
      assert.equal(answer.headers.vary, 'Accept')
    }
    const forced = await read(`${path}.md`, 'text/html')
    assert.match(forced.headers['content-type'] ?? '', /^text\/markdown/)
    assert.equal(forced.text, (await read(path)).text)
  }
})

test('no blank of a guide is left open and no example address remains', async () => {
  for (const path of guides) assert.doesNotMatch((await read(path)).text, /\{\{|\}\}|ekso\.example/)
})

test('the errors guide has every code with status, sentence, retry and way out [C1-error-guide]', async () => {
  const { text } = await read('/guide/errors')
  const page = await read('/guide/errors', 'text/html')
  for (const [code, row] of Object.entries(problemTable)) {
    const section = text.split(`### ${code}\n`)[1]?.split('\n### ')[0] ?? ''
    for (const part of [row.say, row.wayOut, `\`${row.retry}\``]) assert.ok(section.includes(part), code)
    assert.ok(text.split(`### ${code}\n`)[0]?.includes(`## ${row.status} `), code)
    assert.ok(page.text.includes(`<h3 id="${code}">`), code)
  }
})

test('the onboarding guide shows both steps as they really are [S2-guide]', async () => {
  const [wish, codeAnswer, completion, workspace, error] = await examplesIn('/guide/agent-onboarding')
  const begun = await askForCode(world, { ...wish, domain: newWish().domain })
  assert.equal(begun.status, 200)
  assert.deepEqual(Object.keys(begun.body), Object.keys(codeAnswer))
  assert.deepEqual(
    begun.body.nextActions.slice(0, 2).map(({ name }: { name: string }) => name),
    codeAnswer.nextActions.map(({ name }: { name: string }) => name)
  )
  for (const name of ['resendAfterSeconds', 'attemptsRemaining', 'sendsRemaining', 'status', 'message'])
    assert.equal(begun.body[name], codeAnswer[name], name)
  const verificationCode = await mailedCode(world, wish.email)
  const done = await signUp(world, { ...completion, verificationCode, signupId: begun.body.signupId })
  assert.equal(done.status, 200)
  assert.deepEqual(done.body, { ...workspace, tenantId: done.body.tenantId })
  const taken = await askForCode(world, wish)
  assert.deepEqual([taken.status, taken.body.code], [409, 'DOMAIN_TAKEN'])
  assert.deepEqual(Object.keys(taken.body).sort(), Object.keys(error).sort())
  assert.deepEqual(taken.body.suggestions, error.suggestions)
})

test('every operation of onboarding stands in its guide [S2-guide]', async () => {
  const { text } = await read('/guide/agent-onboarding')
  const { body } = await world.call('GET /openapi.json')
  const paths = Object.keys(body.paths).filter((path) => path.startsWith('/api/bo/on/agent'))
  assert.ok(paths.length > 6, `only ${paths.length} operations`)
  for (const path of paths) assert.ok(text.includes(path), path)
})

test('the example of an error in the API guide has the members of a real one', async () => {
  const [example] = await examplesIn('/guide/api')
  const { body } = await world.call('GET /api/nowhere')
  assert.deepEqual(Object.keys(example), Object.keys(body))
})

test('markup in a Markdown source is shown, not run', () => {
  const { text } = guidePage('# A\n\n<script>alert(1)</script> `<b>`\n\n```\n</code><i>\n```\n')
  assert.doesNotMatch(text, /<script|<b>|<i>/)
  assert.match(text, /<h1 id="a">A<\/h1>/)
})

test('spans are said in the unit that people use', () => {
  const cases: [number, string][] = [
    [600, '10 minutes'],
    [3600, '60 minutes'],
    [86_400, '24 hours'],
    [259_200, '72 hours'],
    [604_800, '7 days'],
    [90, '90 seconds'],
    [1, '1 second']
  ]
  for (const [seconds, text] of cases) assert.equal(durationText(seconds), text)
})
