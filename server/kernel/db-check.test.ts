import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { createDatabase } from '../../testing/database.ts'
import { startPgbouncer, withoutPgbouncer } from '../../testing/pgbouncer.ts'
import { checkDatabase } from './db-check.ts'

const database = await createDatabase('db_check')
after(() => database.drop())

const takesOurSettings = {
  ignore_startup_parameters: 'statement_timeout,idle_in_transaction_session_timeout'
}

test('an ordinary role on a PostgreSQL of today is taken [C5-database]', async () => {
  await checkDatabase(database.connection)
})

test('a role that row security does not bind is refused, with the way out [C5-bypass-role]', async (t) => {
  await assert.rejects(checkDatabase(database.superuser), /bypasses row security.*create role/s)
  // No superuser, but with the right to look past every policy.
  const role = `bypass_${process.pid}`
  await run(database.superuser, [`create role ${role} login password 'x' nosuperuser bypassrls`])
  t.after(() => run(database.superuser, [`drop role ${role}`]))
  const settings = { ...database.connection, user: role, password: 'x' }
  await assert.rejects(checkDatabase(settings), new RegExp(`"${role}" bypasses row security`))
})

test('a PostgreSQL older than 15 is refused, with its version [C5-database]', async (t) => {
  const old = await createDatabase('db_check_old')
  t.after(() => old.drop())
  // A younger one that says it is old: there the name of the question leads to another function.
  await run(old.superuser, [
    'create schema old',
    `create function old.current_setting(text) returns text language sql return
       case $1 when 'server_version_num' then '140012' when 'server_version' then '14.12' end`,
    'grant usage on schema old to public',
    `alter database ${old.connection.database} set search_path = old, pg_catalog, public`
  ])
  await assert.rejects(checkDatabase(old.connection), /15 or newer is required; this one is 14\.12/)
})

test('a database that is not there is refused with the reason, and in time', async () => {
  await assert.rejects(
    checkDatabase({ connectionString: 'postgres://ekso:x@127.0.0.1:1/ekso' }),
    /ECONNREFUSED/
  )
  const nowhere = { ...database.connection, database: 'nowhere' }
  await assert.rejects(checkDatabase(nowhere), /database "nowhere" does not exist/)
  await assert.rejects(
    checkDatabase({ ...database.connection, password: 'wrong' }),
    /password authentication/
  )
})

test('a pooler in transaction mode is refused [C5-pooler]', { skip: withoutPgbouncer }, async (t) => {
  for (const pool_mode of ['transaction', 'statement']) {
    const pooler = await startPgbouncer(t, database.connection, { pool_mode, ...takesOurSettings })
    await assert.rejects(checkDatabase(pooler), /a pooler in transaction mode/, pool_mode)
  }
})

test('a pooler that takes its many backends in turn is refused too [C5-pooler]', {
  skip: withoutPgbouncer
}, async (t) => {
  for (const backends of [2, 3, 4, 5]) {
    const pooler = await startPgbouncer(t, database.connection, {
      pool_mode: 'transaction',
      server_round_robin: '1',
      ...takesOurSettings
    })
    const busy = Array.from({ length: backends }, () => new pg.Client(pooler))
    await Promise.all(busy.map((client) => client.connect()))
    await Promise.all(busy.map((client) => client.query('select pg_sleep(0.2)')))
    await assert.rejects(checkDatabase(pooler), /a pooler in transaction mode/, `${backends} backends`)
    await Promise.all(busy.map((client) => client.end()))
  }
})

test('a pooler in session mode is taken', { skip: withoutPgbouncer }, async (t) => {
  await checkDatabase(
    await startPgbouncer(t, database.connection, { pool_mode: 'session', ...takesOurSettings })
  )
})

test('a pooler that refuses our timeouts is refused with the setting that it needs', {
  skip: withoutPgbouncer
}, async (t) => {
  const pooler = await startPgbouncer(t, database.connection, { pool_mode: 'session' })
  await assert.rejects(checkDatabase(pooler), /ignore_startup_parameters = statement_timeout/)
})

async function run(settings: pg.ClientConfig, statements: string[]): Promise<void> {
  const client = new pg.Client(settings)
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}
