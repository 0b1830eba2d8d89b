import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { openWorld, type World } from './world.ts'

const executablePath = '/usr/bin/chromium'

// No background traffic: the tests need nothing but this machine. `*.localhost` is this machine to Chromium by itself.
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

/** For the `skip` of a browser test: false, or why there is no browser. On CI its absence fails the tests. */
export const browserIsMissing: string | false =
  existsSync(executablePath) || process.env.CI ? false : `${executablePath} is not installed`

/** A Chromium that ends with the test or file that `t` belongs to. */
export async function openBrowser(t: { after(end: () => Promise<void>): void }): Promise<Browser> {
  const browser = await chromium.launch({ executablePath, args })
  t.after(() => browser.close())
  return browser
}

/** A world whose server also listens, on a free port that its public URL names: `http://localhost:<port>`. */
export async function openListeningWorld(
  t: { after(end: () => Promise<void>): void },
  name: string,
  environment: Record<string, string> = {}
): Promise<World> {
  const port = await freePort()
  const world = await openWorld(t, name, { PORT: String(port), ...environment })
  await world.http.listen({ port, host: '127.0.0.1' })
  return world
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** What a page is like for somebody who cannot see it, and for somebody with a small window. */
export type PageShape = {
  lang: string
  title: string
  headings: number
  headers: number
  mains: number
  /** Fields without exactly one label, links and buttons without words. */
  nameless: number
  scripts: number
  styles: number
  /** How many pixels it is wider than the window. */
  overflow: number
}

/** What every page keeps: one heading, landmarks, labels, words on every control, nothing wider than the window. */
export const soundShape: Omit<PageShape, 'title'> = {
  lang: 'en',
  headings: 1,
  headers: 1,
  mains: 1,
  nameless: 0,
  scripts: 0,
  styles: 1,
  overflow: 0
}

/** A page of a context of its own, which fails the test when the content policy stops anything. */
export async function openWatchedPage(browser: Browser, options: BrowserContextOptions): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage()
  page.on('console', (message) => assert.doesNotMatch(message.text(), /Content Security Policy/))
  page.setDefaultTimeout(10_000)
  return page
}

// As text, since this project's types know no DOM.
const readShape = `(() => {
  const count = (selector) => document.querySelectorAll(selector).length
  const fields = [...document.querySelectorAll('input:not([type=hidden])')]
  const controls = [...document.querySelectorAll('a, button')]
  return {
    lang: document.documentElement.lang,
    title: document.title,
    headings: count('h1'),
    headers: count('body > header'),
    mains: count('body > main'),
    nameless: fields.filter((field) => field.labels.length !== 1).length + controls.filter((control) => !control.textContent.trim()).length,
    scripts: document.scripts.length,
    styles: [...document.styleSheets].filter((sheet) => sheet.cssRules.length > 20).length,
    overflow: Math.max(0, document.documentElement.scrollWidth - window.innerWidth)
  }
})()`

export async function shapeOf(page: Page): Promise<PageShape> {
  // Its stylesheet too: what came after a press may still be on its way.
  await page.waitForLoadState('load')
  return page.evaluate<PageShape>(readShape)
}
