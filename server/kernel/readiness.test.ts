import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { openWorld, until } from '../../testing/world.ts'

const world = await openWorld({ after }, 'readiness')

test('/readyz tells whether migrations are current and the database answers; /healthz that the process lives [C1-readyz, C1-healthz]', async () => {
  assert.equal((await world.call('GET /readyz')).status, 200)

  const mark = (name: string) =>
    world.db.install((tx) =>
      sql`update schema_migrations set name = ${name} where name like '%install%' or name = '9999'`.execute(
        tx
      )
    )
  await mark('9999')
  assert.equal((await world.call('GET /readyz')).status, 503)
  await mark('0001-install.sql')
  assert.equal((await world.call('GET /readyz')).status, 200)

  await world.database.refuseConnections()
  const answer = await world.call('GET /readyz')
  assert.equal(answer.status, 503)
  assert.ok(Number(answer.headers['retry-after']) > 0)
  assert.equal((await world.call('GET /healthz')).status, 200)
  await world.database.takeConnections()
  await until(async () => (await world.call('GET /readyz')).status === 200)
})
