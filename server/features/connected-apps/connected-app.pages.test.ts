import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addGrant } from '#server/features/oauth/oauth-grant.ts'
import { type OwnedWorkspace, openOwned, ownerPassword, signedInTab } from '../../../testing/owner.ts'
import { mailedLink, newWish, openWorkspaceFor } from '../../../testing/signups.ts'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'connected_apps')

type Whose = Pick<OwnedWorkspace, 'tenantId' | 'userId'>

function connect(whose: Whose, clientName: string): Promise<string> {
  return world.db.write(whose, (tx) =>
    addGrant(tx, world.now(), {
      ...whose,
      clientId: 'client_test',
      clientName,
      redirectHost: '127.0.0.1',
      resourceUrl: 'http://localhost:6050/api',
      granted: ['work:read', 'work:write'],
      rejected: []
    })
  )
}

async function grantsOf(whose: Whose): Promise<string[]> {
  const rows = await world.db.read(whose, (tables) =>
    tables.selectFrom('oauth_grants').select('id').where('tenant_id', '=', whose.tenantId).orderBy('id')
  )
  return rows.map(({ id }) => id)
}

test('a person sees their apps and disconnects one [C3-apps-list]', async () => {
  const owned = await openOwned(world)
  const tab = await signedInTab(owned)
  assert.match((await tab.open('GET /account/apps')).text, /No app acts for you/)
  const kept = await connect(owned, 'Kept agent')
  const gone = await connect(owned, 'Gone <agent>')
  const { text } = await tab.open('GET /account/apps')
  for (const part of ['Kept agent', 'Gone &#60;agent&#62;', 'See work, Change work', '127.0.0.1', 'never'])
    assert.ok(text.includes(part), part)
  const { status, headers } = await tab.open(`POST /account/apps/${gone}/disconnect`, { form: {} })
  assert.deepEqual([status, headers.location], [303, '/account/apps?done=1'])
  assert.deepEqual(await grantsOf(owned), [kept])
})

test('nobody disconnects the app of another person, or of another workspace [C3-apps-list]', async () => {
  const [one, other] = [await openOwned(world), await openOwned(world)]
  const foreign = await connect(other, 'Agent')
  await (await signedInTab(one)).open(`POST /account/apps/${foreign}/disconnect`, { form: {} })
  await other.newTab().open(`POST /account/apps/${foreign}/disconnect`, { form: {} })
  assert.deepEqual(await grantsOf(other), [foreign])
})

test('a long list is shown in parts, each app once [C3-apps-list]', async () => {
  const owned = await openOwned(world)
  for (let at = 0; at < 25; at++) await connect(owned, `Agent ${at}`)
  const tab = await signedInTab(owned)
  const first = await tab.open('GET /account/apps')
  const next = /href="(\/account\/apps\?before=[^"]+)"/.exec(first.text)?.[1]
  assert.ok(next)
  const second = await tab.open(`GET ${next}`)
  const shown = [first, second].flatMap(({ text }) => [...text.matchAll(/apps\/([^/]+)\/disconnect/g)])
  assert.deepEqual([shown.length, new Set(shown.map(([, id]) => id)).size], [25, 25])
})

test('the page of the first password lists agents and disconnects what is ticked [C3-first-password-agents]', async () => {
  const wish = newWish()
  const { workspace } = await openWorkspaceFor(world, wish)
  const { host, path } = await mailedLink(world, wish.email, 'password')
  const look = () => world.call(`GET ${path}`, { host })
  assert.doesNotMatch((await look()).text, /Already connected/)
  const { tenantId } = workspace
  const [user] = await world.db.read({ tenantId }, (tables) =>
    tables.selectFrom('users').select('id').where('tenant_id', '=', tenantId)
  )
  const whose = { tenantId, userId: user?.id ?? '' }
  const [kept, gone] = [await connect(whose, 'Kept agent'), await connect(whose, 'Gone agent')]
  const { text } = await look()
  assert.match(text, /Already connected/)
  assert.ok(text.includes('Kept agent') && text.includes('Gone agent'))
  assert.doesNotMatch(text, / checked/)
  const send = (password: string) =>
    world.call(`POST ${path}`, { host, form: { password, repeated: password, disconnect: gone } })
  const refused = await send('short')
  assert.ok(refused.text.includes(`value="${gone}" checked`))
  assert.equal((await grantsOf(whose)).length, 2)
  assert.equal((await send(ownerPassword)).status, 200)
  assert.deepEqual(await grantsOf(whose), [kept])
})
