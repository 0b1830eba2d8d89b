import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import {
  browserIsMissing,
  openBrowser,
  openListeningWorld,
  openWatchedPage,
  shapeOf,
  soundShape
} from '../../../testing/browser.ts'
import { claim, claimState, soundClaim, unclaim, unclaimed } from '../../../testing/claims.ts'
import { openWorld } from '../../../testing/world.ts'

const skip = browserIsMissing
const looks: BrowserContextOptions[] = [
  { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  { viewport: { width: 1280, height: 900 }, colorScheme: 'light', javaScriptEnabled: false }
]
const setupToken = 'a setup token that nobody guesses'
const form = { ...soundClaim, repeated: soundClaim.password }

const plain = await openWorld({ after }, 'wizard')
const withToken = await plain.twin({ EKSO_SETUP_TOKEN: setupToken })
const reachable = await plain.twin({ HOST: '0.0.0.0' })
const away = { EKSO_PUBLIC_URL: 'https://ekso.example', SMTP_URL: 'smtp://127.0.0.1:1' }
const fixed = await plain.twin({ ...away, EKSO_SETUP_TOKEN: setupToken })
beforeEach(() => unclaim(plain))

const parts = skip
  ? undefined
  : {
      world: await openListeningWorld({ after }, 'wizard_browser', { EKSO_SETUP_TOKEN: setupToken }),
      browser: await openBrowser({ after })
    }

async function openPage(options: BrowserContextOptions): Promise<Page> {
  assert.ok(parts)
  return openWatchedPage(parts.browser, options)
}

async function look(page: Page, name: string): Promise<void> {
  const { title, ...shape } = await shapeOf(page)
  assert.ok(title.length > 10, title)
  assert.deepEqual({ name, ...shape }, { name, ...soundShape })
}

for (const options of looks) {
  test(`a person sets the install up at ${options.viewport?.width} pixels [C4-page, C4-page-home]`, {
    skip
  }, async () => {
    assert.ok(parts)
    const { world } = parts
    await unclaim(world)
    const origin = String((await world.call('GET /openapi.json')).body.servers[0].url)
    const page = await openPage(options)
    await page.goto(origin)
    await look(page, 'front')
    await page.getByRole('link', { name: 'Set up this install' }).click()
    await look(page, 'wizard')
    await page.getByLabel('Your name').fill('Jane Smith')
    await page.getByLabel('Your e-mail address').fill('jane@acme.example')
    await page.getByLabel('Password', { exact: true }).fill('quiet')
    await page.getByLabel('The same again').fill('quite')
    await page.getByLabel('Organization').fill('Acme & Söhne')
    assert.equal(await page.getByLabel('Public URL').inputValue(), origin)
    await page.getByRole('button', { name: 'Set up Ekso' }).click()
    await look(page, 'faults')
    await page.getByText('Use at least 8 characters.').waitFor()
    await page.getByText('This differs from the first entry.').waitFor()
    assert.equal(await page.getByLabel('Organization').inputValue(), 'Acme & Söhne')
    assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), '')
    await page.getByLabel('Password', { exact: true }).fill(soundClaim.password)
    await page.getByLabel('The same again').fill(soundClaim.password)
    await page.getByRole('button', { name: 'Set up Ekso' }).click()
    await page.getByRole('heading', { name: 'Ekso is set up' }).waitFor()
    await look(page, 'done')
    assert.equal((await claimState(world)).name, 'Acme & Söhne')
    await page.getByRole('link', { name: 'Go to the workspace' }).click()
    assert.equal(new URL(page.url()).origin, origin)
    assert.equal(await page.getByRole('link', { name: 'Set up this install' }).count(), 0)
    await page.goto(`${origin}/startup`)
    await look(page, 'gone')
    await page.context().close()
  })
}

test('the other states of the wizard look sound', { skip }, async () => {
  for (const options of looks)
    for (const [name, world, host] of [
      ['token-unset', reachable, 'localhost:6050'],
      ['token-due', fixed, 'ekso.example'],
      ['elsewhere', plain, '127.0.0.1:6050']
    ] as const) {
      const page = await openPage(options)
      await page.route('**/*', async (route) => {
        const { pathname, search } = new URL(route.request().url())
        const { status, headers, text } = await world.call(`GET ${pathname}${search}`, { host })
        await route.fulfill({ status, contentType: headers['content-type'] ?? '', body: text })
      })
      await page.goto('http://localhost:6050/startup')
      await look(page, name)
      await page.context().close()
    }
})

test('the page claims as the API does [C4-page, C4-claim-owner]', async () => {
  const shown = await plain.call('GET /startup')
  assert.equal(shown.status, 200)
  assert.doesNotMatch(shown.text, /<script|setupToken/)
  assert.equal((await plain.call('POST /startup', { form })).status, 200)
  const { name, owners } = await claimState(plain)
  assert.deepEqual(
    [name, owners[0]?.email, owners[0]?.isSuperAdmin],
    ['Acme Corp', 'jane@acme.example', true]
  )
})

const refused: [why: string, over: object, status: number, text: RegExp][] = [
  ['two passwords differ', { repeated: 'x' }, 400, /id="repeated-faults"/],
  ['a field is missing', { name: '' }, 400, /id="name-faults"/],
  [
    'the URL cannot be one',
    { publicUrl: 'http://acme.example' },
    400,
    /This must be https unless it is localhost/
  ],
  ['a token would be due', { publicUrl: 'https://acme.example' }, 403, /set EKSO_SETUP_TOKEN to a long/]
]

for (const [why, over, status, text] of refused) {
  test(`when ${why} the form comes back and nothing is done [C4-claim-whole]`, async () => {
    const again = await plain.call('POST /startup', { form: { ...form, email: '"><b>@x.example', ...over } })
    const answer = await plain.call('POST /startup', { form: { ...form, ...over } })
    assert.equal(answer.status, status)
    assert.match(answer.text, text)
    assert.match(answer.text, /value="Acme Corp"/)
    for (const page of [answer, again]) {
      assert.ok(!page.text.includes(soundClaim.password))
      assert.ok(!page.text.includes('<b>'))
    }
    assert.deepEqual(await claimState(plain), unclaimed)
  })
}

test('the page asks for the token where it is due, and takes no other [C4-token-due, C4-token-unset]', async () => {
  const unset = await reachable.call('GET /startup')
  assert.equal(unset.status, 403)
  assert.match(unset.text, /EKSO_SETUP_TOKEN=/)
  assert.equal((await reachable.call('POST /startup', { form })).status, 403)
  const host = 'ekso.example'
  const due = await fixed.call('GET /startup', { host })
  assert.match(due.text, /name="setupToken"[^>]* required/)
  assert.match(due.text, /value="https:\/\/ekso.example" required readonly/)
  const own = { ...form, publicUrl: 'https://ekso.example' }
  const wrong = await fixed.call('POST /startup', { form: { ...own, setupToken: 'x' }, host })
  assert.equal(wrong.status, 403)
  assert.match(wrong.text, /id="setupToken-faults"/)
  assert.deepEqual(await claimState(plain), unclaimed)
  assert.equal((await fixed.call('POST /startup', { form: { ...own, setupToken }, host })).status, 200)
})

test('a form from another origin is refused', async () => {
  for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:6050']) {
    const { status } = await plain.call('POST /startup', { form, headers: { origin } })
    assert.equal(status, 403)
  }
  assert.deepEqual(await claimState(plain), unclaimed)
})

test('at another name than its own the page leads there', async () => {
  for (const host of ['127.0.0.1:6050', 'localhost:8080', '[::1]:6050']) {
    const { status, text } = await plain.call('GET /startup', { host })
    assert.equal(status, 200)
    assert.match(text, /href="http:\/\/localhost:6050\/startup"/)
    assert.doesNotMatch(text, /<form/)
  }
})

test('the front page leads to the wizard until somebody owns the install [C4-page-home]', async () => {
  assert.match((await withToken.call('GET /')).text, /href="\/startup"/)
  await claim(plain)
  assert.doesNotMatch((await withToken.call('GET /')).text, /href="\/startup"/)
})
