import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { hostileTexts } from '../testing/hostile-input.ts'
import { askForCode, mailedCode, mailedLink, newWish, signUp, type Wish } from '../testing/signups.ts'
import { type Answer, openWorld } from '../testing/world.ts'

// What a stranger wrote stands on pages that others read: there it must be text and nothing else.

const world = await openWorld({ after }, 'hostile_text', { EKSO_MAIL_PER_DAY: '0' })

const plain = 'Plain words'
// Those that a name may have and that HTML would read as its own.
const markup = Object.entries(hostileTexts).filter(([, text]) => /^[^\p{C}]*[<>"'&][^\p{C}]+$/u.test(text))

/** Every page that shows words of this sign-up, from the question to the end. */
async function pagesOf(words: string): Promise<Record<string, Answer>> {
  const refused = newWish({ name: words, company: words })
  const wish = newWish({ name: words, company: words })
  const agent = { name: words, codeChallenge: 'c'.repeat(43) }
  await begin(refused, agent)
  await begin(wish, agent)
  const pages: Record<string, Answer> = {}
  const confirm = await mailedLink(world, wish.email, 'confirm')
  pages.question = await world.call(`GET ${confirm.path}`)
  await world.call(`POST ${confirm.path}/approval`, { form: {} })
  pages.opened = await world.call(`GET ${confirm.path}`)
  const refusal = await mailedLink(world, refused.email, 'confirm')
  await world.call(`POST ${refusal.path}/refusal`, { form: {} })
  pages.refused = await world.call(`GET ${refusal.path}`)

  const password = await mailedLink(world, wish.email, 'password')
  const { host } = password
  pages.workspace = await world.call('GET /', { host })
  pages.password = await world.call(`GET ${password.path}`, { host })
  pages.passwordRefused = await world.call(`POST ${password.path}`, { host, form: { password: words } })
  const form = { password: 'Wharf-Lantern-42', repeated: 'Wharf-Lantern-42' }
  pages.passwordSet = await world.call(`POST ${password.path}`, { host, form })
  const undo = await mailedLink(world, wish.email, 'undo')
  pages.undo = await world.call(`GET ${undo.path}`, { host })
  pages.undoRefused = await world.call(`POST ${undo.path}`, { host, form: { password: words } })
  pages.undone = await world.call(`POST ${undo.path}`, { host, form })
  pages.mailbox = await world.call('GET /dev/mail', {
    headers: { accept: 'text/html' },
    from: '127.0.0.1'
  })
  return pages
}

async function begin(wish: Wish, agent: object): Promise<void> {
  const begun = await askForCode(world, { ...wish, agent })
  // A name of which nothing is left is none; the agent is then left out.
  if (begun.body.code === 'AGENT_INVALID') return begin(wish, { ...agent, name: plain })
  assert.equal(begun.status, 200, begun.text)
}

/** The tags of a page with the names of their attributes: what text must not be able to change. */
function skeleton({ text }: Answer): string[] {
  // How many things are wrong with a password depends on its letters.
  const steady = text.replaceAll(/<ul class="faults"[^<>]*>[\s\S]*?<\/ul>/g, '')
  return [...steady.matchAll(/<(\/?[a-z!][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*>/gi)].map(
    ([, tag, attributes = '']) =>
      `${tag} ${[...attributes.matchAll(/([a-z-]+)(?:="[^"]*")?/gi)].map((found) => found[1]).join(' ')}`
  )
}

test('words of a stranger are text on every page that shows them', async () => {
  const expected = await pagesOf(plain)
  assert.ok(markup.length >= 6)
  const shown = Object.entries(expected).filter(([, answer]) => answer.text.includes(plain))
  assert.ok(shown.length >= 6, `only ${shown.map(([name]) => name)} show the words`)
  for (const [name, words] of markup) {
    const pages = await pagesOf(words)
    for (const [page, answer] of Object.entries(pages)) {
      assert.equal(answer.status, expected[page]?.status, `${page} with ${name}`)
      assert.ok(answer.headers['content-type']?.startsWith('text/html'), page)
      const isMailbox = page === 'mailbox'
      // The mailbox grows by each letter; that the words change nothing in it is the next test.
      if (!isMailbox)
        assert.deepEqual(skeleton(answer), skeleton(expected[page] ?? answer), `${page} with ${name}`)
      assert.ok(!answer.text.includes(words), `${page} shows ${name} as it came`)
      if (!isMailbox && expected[page]?.text.includes(plain))
        assert.ok(answer.text.includes(escaped(words)), `${page} does not show ${name}`)
    }
  }
})

function escaped(text: string): string {
  return text.trim().replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`)
}

test('a mail in the development mailbox stays inside its frame', async () => {
  const wish = newWish()
  await begin(wish, { name: `"></iframe><script>alert(1)</script>`, codeChallenge: 'c'.repeat(43) })
  const answer = await world.call('GET /dev/mail', { headers: { accept: 'text/html' }, from: '127.0.0.1' })
  assert.equal(answer.status, 200)
  const frames = answer.text.match(/<iframe\b[^>]*>/g) ?? []
  assert.ok(frames.length > 0)
  assert.equal(answer.text.match(/<\/iframe>/g)?.length, frames.length)
  for (const frame of frames) assert.doesNotMatch(frame, /allow-scripts|allow-same-origin/)
  assert.doesNotMatch(answer.text, /<script/i)
})

test('an error never gives back the words as markup, whatever asks for HTML', async () => {
  const text = '<script>alert(1)</script>'
  for (const door of world.http.doors) {
    const url = door.url.replace(/:[a-zA-Z]+/, encodeURIComponent(text))
    const headers = { accept: 'text/html', origin: 'http://localhost:6050', 'x-api-version': text }
    const body = door.method === 'GET' || door.method === 'HEAD' ? {} : { body: { name: text, email: text } }
    const answer = await world.call(`${door.method} ${url}?q=${encodeURIComponent(text)}`, {
      headers,
      ...body
    })
    const isHtml = answer.headers['content-type']?.startsWith('text/html')
    if (isHtml) assert.ok(!answer.text.includes('<script'), `${door.method} ${door.url}`)
    else assert.equal(answer.headers['x-content-type-options'], 'nosniff', door.url)
  }
})

test('a name that a sign-up took goes into its welcome mail as no line of its own', async () => {
  const wish = newWish({ name: "O'Brien <b>&amp;", company: '"Acme" <acme@example.org>' })
  await begin(wish, { name: 'Agent', codeChallenge: 'c'.repeat(43) })
  const verificationCode = await mailedCode(world, wish.email)
  assert.equal((await signUp(world, { ...wish, verificationCode })).status, 422)
  for (const letter of await world.letters(wish.email)) {
    assert.doesNotMatch(letter.subject, /[\r\n<>"]/)
    assert.ok(!letter.html.includes('<b>') && !letter.html.includes('acme@example.org>'))
  }
})
