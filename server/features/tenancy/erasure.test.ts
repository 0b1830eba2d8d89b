import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { dumpDatabase, findInClear } from '../../../testing/dump.ts'
import { mailedLink, newWish, openWorkspaceFor } from '../../../testing/signups.ts'
import { openWorld } from '../../../testing/world.ts'
import { eraseClosedWorkspace } from './workspace.ts'

const world = await openWorld({ after }, 'erasure')
const daySeconds = 24 * 3600

async function openAndUndo() {
  const wish = newWish()
  const { workspace } = await openWorkspaceFor(world, wish)
  const { host, path } = await mailedLink(world, wish.email, 'undo')
  assert.equal((await world.call(`POST ${path}`, { host, form: {} })).status, 200)
  return { wish, tenantId: workspace.tenantId as string, host }
}

const erase = () => world.db.install((tx) => eraseClosedWorkspace(tx, world.now()))

test('undo closes the workspace at once, and after 7 days it is erased, nothing of any other [C2-undo-closes]', async () => {
  const other = newWish()
  const { workspace: kept } = await openWorkspaceFor(world, other)
  const keptBefore = await rowsOf(kept.tenantId)
  const { wish, tenantId, host } = await openAndUndo()
  assert.equal((await world.call('GET /', { host })).status, 410)
  assert.ok((await rowsOf(tenantId)).length >= 4)

  world.pass(7 * daySeconds - 1)
  assert.equal(await erase(), 0)
  assert.ok((await rowsOf(tenantId)).length >= 4, 'not a second too early')
  world.pass(1)
  assert.equal(await erase(), 1)
  assert.equal(await erase(), 0)

  const dump = await dumpDatabase(world.database)
  assert.deepEqual(findInClear(dump, tenantId), [])
  assert.deepEqual(findInClear(dump, wish.email), [])
  assert.deepEqual(await rowsOf(kept.tenantId), keptBefore)
  assert.equal((await world.call('GET /', { host: new URL(kept.loginUrl).host })).status, 200)
})

test('each closed workspace is erased, one at a time, by racing sweepers too', async () => {
  const closed = [await openAndUndo(), await openAndUndo(), await openAndUndo()]
  world.pass(7 * daySeconds)
  const counts = await Promise.all(closed.flatMap(() => [erase(), erase()]))
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    3
  )
  for (const { tenantId } of closed) assert.deepEqual(await rowsOf(tenantId), [])
})

/** The columns in which a tenant's id stands, one entry for each row. */
async function rowsOf(tenantId: string): Promise<string[]> {
  const dump = await dumpDatabase(world.database)
  return [...dump]
    .flatMap(([column, values]) => values.filter((value) => value === tenantId).map(() => column))
    .sort()
}
