import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addSeconds } from '#server/kernel/clock.ts'
import { newId } from '#server/kernel/ids.ts'
import { htmlFromText } from '#server/kernel/letter.ts'
import { openWorld, type World } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'dev_mail')
const json = { accept: 'application/json' }
const ask = (headers: Record<string, string> = json, from = '127.0.0.1', given = world) =>
  given.call('GET /dev/mail', { headers: { host: 'localhost:6050', ...headers }, from })

// As a delivery leaves it in the development mailbox.
async function keep(given: World, subject: string, text: string, secondsLater = 0): Promise<void> {
  const created = addSeconds(given.now(), secondsLater)
  const id = newId('mail')
  const body = { to: 'jane@example.com', subject, text, html: htmlFromText(text) }
  await given.db.install((tx) =>
    tx
      .insertInto('outbox')
      .values({
        id,
        tenant_id: null,
        kind: 'test',
        message_id: id,
        sealed: given.secrets.seal('outbox', JSON.stringify(body)),
        state: 'accepted',
        created,
        expires: addSeconds(created, 600),
        next_try: created,
        settled: created
      })
      .execute()
  )
}

test('kept mail is shown newest first, as JSON and as HTML [C5-dev-mail]', async () => {
  assert.deepEqual((await ask()).body, [])
  await keep(world, 'First', 'Your code:\n\n482916')
  await keep(world, 'Second <script>alert(1)</script>', 'See https://ekso.example/x', 1)
  const { status, body } = await ask()
  assert.equal(status, 200)
  assert.deepEqual(
    body.map(({ subject }: { subject: string }) => subject),
    ['Second <script>alert(1)</script>', 'First']
  )
  assert.deepEqual(Object.keys(body[1]).sort(), ['created', 'html', 'id', 'subject', 'text', 'to'])
  assert.match(body[1].text, /482916/)
  const page = await ask({ accept: 'text/html' })
  assert.match(page.headers['content-type'] ?? '', /^text\/html/)
  assert.match(page.text, /<iframe[^>]*sandbox="allow-popups allow-popups-to-escape-sandbox"/)
  assert.doesNotMatch(page.text, /<script/)
})

test('it shows at most 50 mails', async () => {
  for (let at = 0; at < 52; at++) await keep(world, `Mail ${at}`, 'x', 10 + at)
  const { body } = await ask()
  assert.equal(body.length, 50)
  assert.equal(body[0].subject, 'Mail 51')
})

test('it is no page for others than somebody at this machine [C5-dev-mail-guard]', async () => {
  const refused = [
    ask(json, '192.168.1.20'),
    ask(json, '::ffff:203.0.113.9'),
    ask({ ...json, 'x-forwarded-for': '127.0.0.1' }),
    ask({ ...json, forwarded: 'for=127.0.0.1' }),
    ask({ ...json, 'x-real-ip': '127.0.0.1' }),
    ask({ ...json, via: '1.1 proxy' })
  ]
  for (const { status } of await Promise.all(refused)) assert.equal(status, 404)
  assert.equal((await ask({ ...json, host: 'rebound.example:6050' })).status, 421)
  assert.equal((await ask(json, '::1')).status, 200)
  assert.equal((await ask({ ...json, host: '[::1]:6050' })).status, 200)
  assert.equal((await ask({ ...json, host: '127.0.0.1:6050' })).status, 200)
})

test('no page of another origin can read or frame it', async () => {
  const { headers } = await ask({ ...json, origin: 'http://localhost:3000' })
  assert.equal(headers['access-control-allow-origin'], undefined)
  assert.equal(headers['cross-origin-resource-policy'], 'same-origin')
  const page = await ask({ accept: 'text/html' })
  assert.match(page.headers['content-security-policy'] ?? '', /frame-ancestors 'none'/)
})

test('with a mail server there is no development mailbox', async (t) => {
  const other = await openWorld(t, 'dev_mail_smtp', { SMTP_URL: 'smtp://127.0.0.1:1' })
  await keep(other, 'Hidden', 'x')
  assert.equal((await ask(json, '127.0.0.1', other)).status, 404)
})

test('off localhost it is 404, also when only the stored URL says so [C5-dev-mail-off]', async () => {
  await world.db.install((tx) =>
    tx.updateTable('install').set({ public_url: 'https://stored.example' }).execute()
  )
  const { status, body } = await ask()
  assert.equal(status, 404)
  assert.equal(body.code, 'ROUTE_NOT_FOUND')
})
