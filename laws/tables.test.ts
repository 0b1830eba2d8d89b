import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type pg from 'pg'
import { openConnection } from '#server/kernel/db.ts'
import { makeLog } from '#server/kernel/log.ts'
import { migrate } from '#server/kernel/migrate.ts'
import { createDatabase, type TestDatabase } from '../testing/database.ts'
import { sourceOf, sources } from './source.ts'
import { columnFaults, declaredTables, installTables, readColumns, tenantFaults } from './table-shape.ts'

let database: TestDatabase
let client: pg.Client

before(async () => {
  database = await createDatabase('laws_tables')
  await migrate(database.connection, makeLog('silent'))
  client = await openConnection(database.connection)
})

after(async () => {
  await client?.end()
  await database?.drop()
})

/** Runs with tables that break the laws, and leaves nothing of them. */
async function withTables<T>(sql: string, look: () => Promise<T>): Promise<T> {
  await client.query('begin')
  try {
    await client.query(sql)
    return await look()
  } finally {
    await client.query('rollback')
  }
}

test('every tenant table has the tenant first in its key, forced row security and a policy', async () => {
  assert.deepEqual(await tenantFaults(client), [])
})

test('a table without its borders is caught', async () => {
  const border = `tenant_id = current_setting('ekso.tenant_id', true)`
  const found = await withTables(
    `create table bare (id text primary key);
     create table late (tenant_id text, id text, primary key (id, tenant_id));
     alter table late enable row level security;
     create table holed (tenant_id text, id text, primary key (tenant_id, id));
     alter table holed enable row level security; alter table holed force row level security;
     create policy holed_tenant on holed using (${border}) with check (${border});
     create policy holed_all on holed for select using (true);
     create table half (tenant_id text, id text, primary key (tenant_id, id));
     alter table half enable row level security; alter table half force row level security;
     create policy half_tenant on half for select using (${border});
     create table stray (tenant_id text, id text primary key, user_id text, user_tenant text,
       foreign key (user_tenant, user_id) references users (tenant_id, id))`,
    () => tenantFaults(client, { ...installTables, stray: 'planted', gone: 'planted' })
  )
  assert.deepEqual(found, [
    'gone is exempt and does not exist',
    'bare has no tenant_id and is not listed as a table of the install',
    'bare has no row security',
    'bare does not force row security on its owner',
    'bare has no policy for all commands that compares tenant_id',
    'half has no policy for all commands that compares tenant_id',
    'holed has a policy that lets other tenants through',
    'late has a primary key that does not begin with tenant_id',
    'late does not force row security on its owner',
    'late has no policy for all commands that compares tenant_id',
    'stray_user_tenant_user_id_fkey: stray refers to users without tenant_id'
  ])
})

test('a tenant column in a table of the install may be empty: it notes a workspace, it guards none', async () => {
  const columns = await readColumns(client)
  const guarding = columns.filter((column) => column.name === 'tenant_id' && column.table in installTables)
  assert.ok(guarding.length > 0, 'the reader saw no such column')
  assert.deepEqual(
    guarding.filter((column) => !column.isNullable).map((column) => column.table),
    []
  )
})

test('kernel/tables.ts and the files beside it declare the database as it is', async () => {
  const declared = declaredTables(
    sources.filter((file) => /^server\/kernel\/tables(?:-[a-z-]+)?\.ts$/.test(file.path))
  )
  assert.ok(declared.size > 8, `only ${declared.size} tables seen`)
  assert.ok(declared.get('users')?.get('email') === 'string', 'the columns of users were not seen')
  const columns = (await readColumns(client)).filter((column) => column.table !== 'schema_migrations')
  assert.deepEqual(columnFaults(declared, columns), [])
})

test('a declaration that disagrees with the database is caught', () => {
  const declared = declaredTables([
    sourceOf(
      'tables.ts',
      "type Tables = {\n  a: A\n}\ntype A = {\n  b: string | null\n  c: Generated<number>\n  d: Date\n  e:\n    | 'x'\n    | 'y'\n}"
    )
  ])
  const column = (name: string, type: string) => ({
    table: 'a',
    name,
    type,
    isNullable: false,
    hasDefault: false
  })
  const columns = [column('b', 'text'), column('c', 'integer'), column('e', 'text'), column('f', 'text')]
  assert.deepEqual(columnFaults(declared, columns), [
    'a.d is declared and not in the database',
    'a.b is declared as string | null: it is never null',
    'a.c is declared as Generated<number>: it has no default',
    'a.f is in the database and not declared'
  ])
})
