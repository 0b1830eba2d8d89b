import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openOwned, setCookies, signInOn } from '../../../testing/owner.ts'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'https_cookie', {
  EKSO_PUBLIC_URL: 'https://ekso.example',
  EKSO_SIGNUP: 'open',
  // Nobody listens there: the letters stay in the outbox, where the test reads them.
  SMTP_URL: 'smtp://127.0.0.1:9'
})

test('on https every cookie of ours is bound to its host by its name, and Secure [C3-session-cookie]', async () => {
  const owned = await openOwned(world)
  const tab = owned.newTab()
  const lines = setCookies(await signInOn(tab, owned.wish.email))
  assert.deepEqual(
    lines.map((line) => line.split('=')[0]),
    ['__Host-ekso', '__Host-ekso-browser']
  )
  for (const line of lines) assert.match(line, /; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/)
  assert.equal((await tab.open('GET /account')).status, 200)
  const token = tab.cookies.get('__Host-ekso') ?? ''
  const tossed = owned.newTab()
  tossed.cookies.set('ekso', token)
  assert.equal(
    (await tossed.open('GET /account')).status,
    303,
    'a name that a sibling could set counts for nothing'
  )
})
