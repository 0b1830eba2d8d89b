import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import {
  browserIsMissing,
  openBrowser,
  openListeningWorld,
  openWatchedPage,
  shapeOf,
  soundShape
} from '../../../testing/browser.ts'
import { askForCode, mailedLink, newWish, openWorkspaceFor, type Wish } from '../../../testing/signups.ts'
import type { World } from '../../../testing/world.ts'

const skip = browserIsMissing
const password = 'Quiet-Harbour-42'
const looks: BrowserContextOptions[] = [
  { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  { viewport: { width: 1280, height: 800 }, colorScheme: 'light', javaScriptEnabled: false }
]
const wide = { viewport: { width: 1280, height: 800 } }

const parts = skip
  ? undefined
  : { world: await openListeningWorld({ after }, 'owner_journey'), browser: await openBrowser({ after }) }

function world(): World {
  assert.ok(parts)
  return parts.world
}

async function openPage(options: BrowserContextOptions = wide): Promise<Page> {
  assert.ok(parts)
  return openWatchedPage(parts.browser, options)
}

async function linkOf(email: string, word: string): Promise<string> {
  const { host, path } = await mailedLink(world(), email, word)
  return `http://${host}${path}`
}

async function begin(over: Partial<Wish> = {}): Promise<{ wish: Wish; signupId: string; url: string }> {
  const wish = newWish(over)
  const { body } = await askForCode(world(), wish)
  return { wish, signupId: body.signupId, url: await linkOf(wish.email, 'confirm') }
}

async function statusOf(signupId: string): Promise<string> {
  return (await world().call(`GET /api/bo/on/agent/signups/${signupId}`)).body.status
}

/** What every page keeps: one heading, landmarks, labels, words on every control, nothing wider than the window. */
async function expectPage(page: Page, heading: string): Promise<void> {
  assert.equal(await page.locator('h1').textContent(), heading)
  const { title, ...shape } = await shapeOf(page)
  assert.match(title, /^.+ · Ekso$/)
  assert.deepEqual(shape, soundShape, heading)
}

function press(page: Page, name: string): Promise<void> {
  return page.getByRole('button', { name }).click()
}

async function typePassword(page: Page, first: string, second = first): Promise<void> {
  await page.getByLabel('New password').fill(first)
  await page.getByLabel('The same again').fill(second)
  await press(page, 'Set the password')
}

for (const look of looks) {
  const name = `${look.viewport?.width} px, ${look.colorScheme}${look.javaScriptEnabled === false ? ', no scripts' : ''}`
  test(`an owner approves by mail and sets a password (${name}) [C2-page-approve, C3-password-link]`, {
    skip
  }, async () => {
    const { wish, url } = await begin()
    const page = await openPage(look)
    await page.goto(url)
    await expectPage(page, 'Open this workspace?')
    await press(page, 'Open the workspace')
    await expectPage(page, 'Your workspace is open')
    assert.equal(page.url(), url)
    await page.reload()
    await expectPage(page, 'Your workspace is open')

    const passwordUrl = await linkOf(wish.email, 'password')
    await page.goto(passwordUrl)
    await expectPage(page, 'Set your password')
    assert.equal(await page.getByLabel('Account').inputValue(), wish.email)
    for (const [wrong, why] of [
      ['Short-1', 'Use at least 8 characters.'],
      ['Password1', 'This password is easily guessed.']
    ] as const) {
      await typePassword(page, wrong)
      await expectPage(page, 'Set your password')
      assert.equal(await page.title(), 'Not set yet · Ekso')
      assert.match(String(await page.getByRole('alert').textContent()), /The password was not set/)
      assert.ok(String(await page.locator('#password-faults').textContent()).includes(why))
      assert.equal(await page.locator(':focus').getAttribute('id'), 'password')
      assert.equal(await page.getByLabel('New password').inputValue(), '')
    }
    await typePassword(page, password)
    await expectPage(page, 'Your password is set')
    await page.getByRole('link', { name: 'Sign in' }).click()
    await expectPage(page, 'Sign in')
    await page.getByLabel('E-mail address').fill(wish.email)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await press(page, 'Sign in')
    await expectPage(page, wish.company)
    await page.goto(passwordUrl)
    await expectPage(page, 'A password was set with this link')
    await page.context().close()
  })
}

test('"not me" stops the mails until the owner lets them come again [C2-page-not-me]', { skip }, async () => {
  const { wish, signupId, url } = await begin()
  const page = await openPage(looks[0])
  await page.goto(url)
  await press(page, 'This was not me')
  await expectPage(page, 'Refused')
  assert.equal(await statusOf(signupId), 'rejected')
  await press(page, 'No more of these')
  await expectPage(page, 'Refused')
  world().pass(200)
  const again = () => askForCode(world(), { ...newWish(), email: wish.email })
  assert.equal((await again()).body.code, 'CODE_RECENTLY_SENT')
  await page.goto(url)
  await press(page, 'Allow them again')
  await page.getByRole('button', { name: 'No more of these' }).waitFor()
  assert.equal((await again()).status, 200)
  await page.context().close()
})

test('two tabs and the back button cannot contradict each other', { skip }, async () => {
  const { wish, signupId, url } = await begin()
  const page = await openPage()
  const tab = await page.context().newPage()
  await Promise.all([page.goto(url), tab.goto(url)])
  await press(page, 'Open the workspace')
  await expectPage(page, 'Your workspace is open')
  await press(tab, 'This was not me')
  await expectPage(tab, 'Your workspace is open')
  await page.goBack()
  await page.goForward()
  await expectPage(page, 'Your workspace is open')
  assert.equal(await statusOf(signupId), 'completed')
  assert.equal((await world().letters(wish.email)).filter(({ kind }) => kind === 'welcome').length, 1)
  await page.context().close()
})

test('an owner without a password undoes with one click [C2-undo-closes, C2-state-undone]', {
  skip
}, async () => {
  const wish = newWish()
  const { signupId } = await openWorkspaceFor(world(), wish)
  const page = await openPage(looks[0])
  await page.goto(await linkOf(wish.email, 'undo'))
  await expectPage(page, 'Close this workspace?')
  assert.equal(await page.getByLabel('Your password').count(), 0)
  await press(page, 'Close the workspace')
  await expectPage(page, 'The workspace is closed')
  assert.equal(await statusOf(signupId), 'undone')
  await page.getByRole('link', { name: 'Ekso' }).click()
  await expectPage(page, 'This workspace is closed')
  await page.context().close()
})

test('an owner with a password undoes with it alone, and a forgotten one is mended by mail [C2-undo-password]', {
  skip
}, async () => {
  const wish = newWish()
  const { signupId } = await openWorkspaceFor(world(), wish)
  const page = await openPage()
  await page.goto(await linkOf(wish.email, 'password'))
  await typePassword(page, password)
  const undoUrl = await linkOf(wish.email, 'undo')
  await page.goto(undoUrl)
  await page.getByLabel('Your password').fill('Wrong-guess-1')
  await press(page, 'Close the workspace')
  await expectPage(page, 'Close this workspace?')
  assert.equal(await page.title(), 'Not closed · Ekso')
  assert.match(String(await page.getByRole('alert').textContent()), /This is not the password/)
  assert.equal(await statusOf(signupId), 'completed')
  await page.getByRole('link', { name: 'Forgotten the password?' }).click()
  await expectPage(page, 'Get a link to set your password')
  world().pass(130)
  await page.getByLabel('Your e-mail address').fill(wish.email)
  await press(page, 'Send me a link')
  await expectPage(page, 'Look into your mail')
  await page.goto(await linkOf(wish.email, 'password'))
  await expectPage(page, 'Choose a new password')
  await typePassword(page, 'Another-Harbour-43')
  await page.goto(undoUrl)
  await page.getByLabel('Your password').fill('Another-Harbour-43')
  await press(page, 'Close the workspace')
  await expectPage(page, 'The workspace is closed')
  await page.context().close()
})

test('a scanner that follows every link twice changes nothing [C2-link-get]', { skip }, async () => {
  const wish = newWish()
  const { signupId } = await openWorkspaceFor(world(), wish)
  const waiting = await begin()
  const page = await openPage({ ...wide, javaScriptEnabled: false })
  const urls = [waiting.url, await linkOf(wish.email, 'password'), await linkOf(wish.email, 'undo')]
  for (const url of [...urls, ...urls]) assert.equal((await page.goto(url))?.status(), 200)
  assert.equal(await statusOf(waiting.signupId), 'awaiting_confirmation')
  assert.equal(await statusOf(signupId), 'completed')
  await page.goto(urls[1] ?? '')
  await expectPage(page, 'Set your password')
  await page.context().close()
})

test('forms on the page of another workspace or site are refused [C3-form-origin]', { skip }, async () => {
  const victim = newWish()
  const { signupId } = await openWorkspaceFor(world(), victim)
  const sibling = (await openWorkspaceFor(world(), newWish())).workspace.loginUrl as string
  const waiting = await begin()
  const targets = [`${waiting.url}/approval`, `${waiting.url}/refusal`, await linkOf(victim.email, 'undo')]
  const page = await openPage()
  for (const origin of [sibling, 'http://evil.test']) {
    for (const target of targets) {
      const body = `<form method="post" action="${target}"><button>Win a prize</button></form>`
      await page
        .context()
        .route(`${origin}/prize`, (route) => route.fulfill({ contentType: 'text/html', body }))
      await page.goto(`${origin}/prize`)
      const [answer] = await Promise.all([page.waitForResponse(target), press(page, 'Win a prize')])
      assert.equal(answer.status(), 403)
      assert.equal((await answer.request().allHeaders()).origin, origin)
      await expectPage(page, 'This form did not come from its own page')
      await page.context().unroute(`${origin}/prize`)
    }
  }
  assert.equal(await statusOf(waiting.signupId), 'awaiting_confirmation')
  assert.equal(await statusOf(signupId), 'completed')
  await page.context().close()
})

test('every page stands in a phone without being pushed sideways, and says when there is nothing', {
  skip
}, async () => {
  const page = await openPage(looks[0])
  const home = world().http.listeningOrigin.replace('127.0.0.1', 'localhost')
  for (const [path, heading] of [
    ['/', 'Work that people and their AI agents share'],
    ['/docs', 'Ekso API'],
    ['/password', 'Get a link to set your password'],
    ['/nothing-here', 'There is no page here'],
    ['/confirm/unknown', 'This link leads nowhere'],
    ['/undo/unknown', 'This link no longer works'],
    ['/password/unknown', 'This link no longer works']
  ] as const) {
    await page.goto(`${home}${path}`)
    await expectPage(page, heading)
  }
  await page.goto(home.replace('localhost', 'nobody-here.localhost'))
  await expectPage(page, 'There is no workspace at this address')
  await page.context().close()
})
