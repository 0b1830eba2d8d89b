import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { createDatabase, testPostgres } from './database.ts'

async function ask(settings: pg.ClientConfig, sql: string): Promise<Record<string, unknown>> {
  const client = new pg.Client(settings)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows[0] ?? {}
  } finally {
    await client.end()
  }
}

test('every test database is a copy of its own, made for the ordinary role', async () => {
  const [first, second] = await Promise.all([createDatabase('one'), createDatabase('two')])
  await ask(first.connection, 'create table thing (id int)')
  assert.deepEqual(await ask(second.connection, "select to_regclass('thing') as found"), { found: null })
  await ask(first.connection, 'create schema own')
  await Promise.all([first.drop(), second.drop()])
  const left = await ask(
    testPostgres().superuser,
    `select count(*)::int as count from pg_database where datname = '${first.connection.database}'`
  )
  assert.deepEqual(left, { count: 0 })
})

test('tests run with no wish for durability and with many connections', async () => {
  const settings = "current_setting('fsync') as fsync, current_setting('max_connections') as most"
  assert.deepEqual(await ask(testPostgres().connection, `select ${settings}`), { fsync: 'off', most: '200' })
})
