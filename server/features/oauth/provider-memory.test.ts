import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { openWorld } from '../../../testing/world.ts'

const world = await openWorld({ after }, 'oauth_memory')

const form = { grant_type: 'refresh_token', refresh_token: 'none', client_id: 'none' }
const touch = (domain: string) => world.call('POST /token', { host: `${domain}.localhost:6050`, form })

test('a thousand workspaces that are touched once cost less than 300 MB [C3-memory]', async () => {
  await world.db.install((tx) =>
    sql`insert into tenants (id, domain, name, created)
        select lpad(to_hex(n), 12, '0'), 'work' || n, 'n', ${world.now()} from generate_series(1, 1000) n`.execute(
      tx
    )
  )
  await touch('work1')
  const before = process.memoryUsage().rss
  for (let from = 2; from <= 1000; from += 10) {
    const some = Array.from({ length: 10 }, (_, at) => touch(`work${Math.min(1000, from + at)}`))
    for (const { body } of await Promise.all(some)) assert.equal(body.error, 'invalid_client')
  }
  const grown = (process.memoryUsage().rss - before) / 1024 / 1024
  assert.ok(grown < 300, `${Math.round(grown)} MB`)
})
