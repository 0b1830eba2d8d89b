import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
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
import { ownerPassword } from '../../../testing/owner.ts'
import { mailedLink, newWish, openWorkspaceFor } from '../../../testing/signups.ts'

const skip = browserIsMissing
const looks: BrowserContextOptions[] = [
  { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  { viewport: { width: 1280, height: 800 }, colorScheme: 'light', javaScriptEnabled: false }
]
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

const parts = skip
  ? undefined
  : { world: await openListeningWorld({ after }, 'consent_journey'), browser: await openBrowser({ after }) }

/** A program on this machine that waits for its answer, as command line agents do. */
async function listenAsClient(t: { after(end: () => void): void }): Promise<string> {
  const server = createServer((request, response) => response.end(`The client was called at ${request.url}`))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`
}

async function expectPage(page: Page, heading: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name: heading }).waitFor()
  const { title: _title, ...shape } = await shapeOf(page)
  assert.deepEqual(shape, soundShape, heading)
}

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

async function signIn(page: Page, email: string): Promise<void> {
  await expectPage(page, 'Sign in')
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(ownerPassword)
  await press(page, 'Sign in')
}

async function openOwner(options: BrowserContextOptions) {
  assert.ok(parts)
  const { world, browser } = parts
  const wish = newWish()
  await openWorkspaceFor(world, wish)
  const { host, path } = await mailedLink(world, wish.email, 'password')
  const page = await openWatchedPage(browser, options)
  await page.goto(`http://${host}${path}`)
  await page.getByLabel('New password').fill(ownerPassword)
  await page.getByLabel('The same again').fill(ownerPassword)
  await press(page, 'Set the password')
  await expectPage(page, 'Your password is set')
  const register = async (redirect: string) => {
    const body = { client_name: 'Claude Code', redirect_uris: [redirect], token_endpoint_auth_method: 'none' }
    const { body: client } = await world.call('POST /register', { host, body })
    return (scope: string) =>
      `http://${host}/authorize?${new URLSearchParams({ response_type: 'code', client_id: client.client_id, redirect_uri: redirect, code_challenge: challenge, code_challenge_method: 'S256', state: 'the-state', scope })}`
  }
  return { page, host, wish, register }
}

for (const look of looks)
  test(`an owner sets a password, signs in, allows, denies and disconnects an agent (${look.viewport?.width} px, ${look.colorScheme}) [C3-consent-form-action, C3-consent-loopback, C3-apps-list]`, {
    skip
  }, async (t) => {
    const { page, host, wish, register } = await openOwner(look)
    const redirect = await listenAsClient(t)
    const urlFor = await register(redirect)

    await page.goto(urlFor('work:read work:write money:read'))
    await signIn(page, wish.email)
    await expectPage(page, 'Allow Claude Code to act for you?')
    await page.getByText('a program on the computer that you sit at').waitFor()
    assert.equal(await page.getByLabel('See money').isChecked(), false)
    await page.getByLabel('Change work').uncheck()
    await press(page, 'Allow')
    await page.waitForURL(`${redirect}?**`)
    const allowed = new URL(page.url()).searchParams
    assert.ok(allowed.get('code'))
    assert.equal(allowed.get('state'), 'the-state')

    await page.goto(urlFor('work:read'))
    await expectPage(page, 'Allow Claude Code to act for you?')
    await press(page, 'Deny')
    await page.waitForURL(`${redirect}?**`)
    assert.equal(new URL(page.url()).searchParams.get('error'), 'access_denied')

    await page.goto(`http://${host}/account/apps`)
    await expectPage(page, 'Connected apps')
    assert.equal(await page.getByText('See work', { exact: true }).count(), 1)
    await press(page, 'Disconnect Claude Code')
    await page.getByRole('status').waitFor()
    await page.getByText('No app acts for you').waitFor()
    for (const [path, heading] of [
      ['/account', wish.name],
      ['/account/password', 'Change your password'],
      ['/account/keys', 'API keys']
    ] as const) {
      await page.goto(`http://${host}${path}`)
      await expectPage(page, heading)
    }
    await press(page, 'Sign out')
    await expectPage(page, 'You are signed out')
    await page.context().close()
  })

test('after a sign-in, consent that is remembered goes on to the client unhindered [C3-consent-form-action, C3-consent-remembered]', {
  skip
}, async () => {
  const { page, host, wish, register } = await openOwner(looks[1] ?? {})
  const redirect = 'https://tools.example/callback'
  // Nobody answers there; that the browser asks is enough: a redirect that the policy stops is never asked for.
  const called = () => page.waitForRequest((request) => request.url().startsWith(`${redirect}?`))
  const urlFor = await register(redirect)
  await page.goto(urlFor('work:read'))
  await signIn(page, wish.email)
  await Promise.all([called(), press(page, 'Allow')])
  await page.waitForURL('chrome-error://**')
  await page.goto(`http://${host}/account`)
  await press(page, 'Sign out')
  await page.goto(urlFor('work:read'))
  const [request] = await Promise.all([called(), signIn(page, wish.email)])
  assert.ok(new URL(request.url()).searchParams.get('code'))
  await page.context().close()
})
