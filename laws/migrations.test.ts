import assert from 'node:assert/strict'
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type pg from 'pg'
import { openConnection } from '#server/kernel/db.ts'
import { makeLog } from '#server/kernel/log.ts'
import { migrate } from '#server/kernel/migrate.ts'
import { createDatabase, type TestDatabase } from '../testing/database.ts'
import { root } from './source.ts'

// The ordinary role owns the tables; under forced row security it sees no row unless a tenant is set.
const tenants = ['000000000001', '000000000002']
const log = makeLog('silent')
const addKey = `alter table law_links add constraint law_links_user
  foreign key (tenant_id, user_id) references users (tenant_id, id)`

let database: TestDatabase
let client: pg.Client
let parent = ''
let folder = ''

before(async () => {
  database = await createDatabase('laws_migrations')
  client = await openConnection(database.connection)
  parent = await mkdtemp(join(tmpdir(), 'ekso-laws-'))
  folder = join(parent, 'migrations')
  await mkdir(folder)
  for (const name of await readdir(`${root}/migrations`))
    await copyFile(`${root}/migrations/${name}`, join(folder, name))
  await migrateWith()
  for (const tenantId of tenants) await plantTenant(tenantId)
})

after(async () => {
  await client?.end()
  await database?.drop()
  // Only what was made: when `before` failed early, a path built on nothing would be the working directory's parent.
  if (parent) await rm(parent, { recursive: true, force: true })
})

async function migrateWith(name?: string, text = ''): Promise<void> {
  if (name) await writeFile(join(folder, name), text)
  await migrate(database.connection, log, pathToFileURL(`${folder}/`))
}

async function plantTenant(tenantId: string): Promise<void> {
  await client.query(`insert into tenants (id, domain, name, created) values ($1, $2, 'x', '2026-01-01')`, [
    tenantId,
    `law-${tenantId.slice(-3)}`
  ])
  await asTenant(tenantId, () =>
    client.query(
      `insert into users (tenant_id, id, name, email, email_key, created, created_by, updated, updated_by, deleted)
        values ($1, 'user_a', 'before', 'a@example.com', 'a@example.com', '2026-01-01', '-', '2026-01-01', '-', false)`,
      [tenantId]
    )
  )
}

async function asTenant<T>(tenantId: string, act: () => Promise<T>): Promise<T> {
  await client.query(`select set_config('ekso.tenant_id', $1, false)`, [tenantId])
  try {
    return await act()
  } finally {
    await client.query(`select set_config('ekso.tenant_id', '', false)`)
  }
}

async function userNames(): Promise<unknown[]> {
  const names: unknown[] = []
  for (const tenantId of tenants) {
    const { rows } = await asTenant(tenantId, () => client.query<{ name: string }>('select name from users'))
    names.push(...rows.map((row) => row.name))
  }
  return names
}

test('a data migration reaches the rows of every tenant', async () => {
  const outside = await client.query(`update users set name = 'outside'`)
  assert.equal(outside.rowCount, 0, 'the control: outside a migration the role reaches no tenant')
  await migrateWith('8001-names.sql', `update users set name = 'after'`)
  assert.deepEqual(await userNames(), ['after', 'after'])
})

test('a foreign key that the rows of one tenant break stops its migration', async () => {
  await migrateWith(
    '8002-links.sql',
    `create table law_links (tenant_id text not null, id text, user_id text, primary key (tenant_id, id));
     insert into law_links values ('${tenants[0]}', 'a', 'user_a'), ('${tenants[1]}', 'b', 'user_missing');
     alter table law_links enable row level security;
     create policy law_links_tenant on law_links using (tenant_id = current_setting('ekso.tenant_id', true))`
  )
  await client.query('begin')
  await client.query(addKey)
  await client.query('rollback')
  // The control: under FORCE the same statement passes over the bad row in silence.
  await assert.rejects(migrateWith('8003-link-user.sql', addKey), (error: Error) => {
    assert.match(error.message, /8003-link-user\.sql failed; nothing of it was kept/)
    assert.equal((error.cause as { code?: string }).code, '23503')
    return true
  })
  const { rows } = await client.query(`select from pg_constraint where conname = 'law_links_user'`)
  assert.equal(rows.length, 0)
  await rm(join(folder, '8003-link-user.sql'))
})

test('after every migration, failed ones too, row security is forced again', async () => {
  await assert.rejects(migrateWith('8004-broken.sql', 'select nonsense'))
  await rm(join(folder, '8004-broken.sql'))
  const { rows } = await client.query<{ name: string; forced: boolean }>(
    `select relname as name, relforcerowsecurity as forced from pg_class
      where relrowsecurity and relnamespace = 'public'::regnamespace order by relname`
  )
  assert.ok(
    rows.some((row) => row.name === 'law_links'),
    'the new table has row security'
  )
  assert.deepEqual(
    rows.filter((row) => !row.forced),
    []
  )
})
