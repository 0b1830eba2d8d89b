import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import pg from 'pg'
import { createDatabase } from '../../testing/database.ts'
import { until } from '../../testing/world.ts'
import { enterTenant, noTenant, openDb, type Tx } from './db.ts'
import { makeLog } from './log.ts'
import { Problem, problem } from './problem.ts'

const database = await createDatabase('db')
const db = openDb(database.connection, makeLog('silent'))
const superuser = new pg.Client(database.superuser)
await superuser.connect()
after(async () => {
  await db.close()
  await superuser.end()
  await database.drop()
})

const one = { tenantId: 'aaaaaaaaaaaa' }
const two = { tenantId: 'bbbbbbbbbbbb' }
for (const { tenantId } of [one, two]) {
  await superuser.query(`insert into tenants (id, domain, name, created) values ($1, $1, $1, now())`, [
    tenantId
  ])
  await superuser.query(
    `insert into users (tenant_id, id, name, email, email_key, created, created_by, updated, updated_by)
     select $1, 'user_' || at, $1, at || '@example.com', at || '@example.com', now(), '', now(), '' from generate_series(1, 5) at`,
    [tenantId]
  )
}

const users = (tables: Tx) => tables.selectFrom('users').select('tenant_id')
const raw =
  <Row>(text: string) =>
  () => ({ compile: () => sql<Row>`${sql.raw(text)}`.compile(bare) })
const bare = await new Promise<Tx>((resolve) => void db.install(async (tx) => resolve(tx)))
const isUnavailable = (error: unknown) => error instanceof Problem && error.code === 'DATABASE_UNAVAILABLE'

/** How many rows each of the pool's connections would show to a query without a tenant. */
async function leftovers(): Promise<number> {
  const counts = await Promise.all(Array.from({ length: 64 }, () => db.read(noTenant, users)))
  return counts.reduce((sum, rows) => sum + rows.length, 0)
}

test('a read sees the rows of its tenant and, without one, none', async () => {
  assert.deepEqual(new Set((await db.read(one, users)).map((row) => row.tenant_id)), new Set([one.tenantId]))
  assert.equal((await db.read(two, users)).length, 5)
  assert.deepEqual(await db.read(noTenant, users), [])
  assert.deepEqual(await db.read({ tenantId: 'cccccccccccc' }, users), [])
  assert.deepEqual(await db.install((tx) => users(tx).execute()), [])
})

test('interleaved reads, writes and failures of two tenants never meet', async () => {
  const work = Array.from({ length: 600 }, async (_, at) => {
    const who = at % 2 === 0 ? one : two
    if (at % 7 === 0) return assert.rejects(db.read(who, raw('select 1 / 0')), /division by zero/)
    if (at % 11 === 0) return assert.rejects(db.write(who, (tx) => sql`select 1 / 0`.execute(tx)))
    const rows = at % 3 === 0 ? await db.write(who, (tx) => users(tx).execute()) : await db.read(who, users)
    assert.equal(rows.length, 5)
    for (const row of rows) assert.equal(row.tenant_id, who.tenantId)
  })
  await Promise.all(work)
  assert.equal(await leftovers(), 0)
})

test('reads whose backend is cancelled or ended in their midst leave no tenant behind', async () => {
  const outcomes = Array.from({ length: 40 }, (_, at) =>
    db
      .read(
        at % 2 === 0 ? one : two,
        raw<{ tenant: string }>(`select current_setting('ekso.tenant_id') as tenant from pg_sleep(0.2)`)
      )
      .then(
        (rows) => {
          assert.equal(rows[0]?.tenant, (at % 2 === 0 ? one : two).tenantId)
          return 'answered'
        },
        () => 'failed'
      )
  )
  for (let round = 0; round < 20; round++)
    await superuser.query(
      `select case when random() < 0.5 then pg_cancel_backend(pid) else pg_terminate_backend(pid) end from pg_stat_activity
        where application_name = 'ekso' and datname = current_database() and random() < 0.3`
    )
  const found = await Promise.all(outcomes)
  assert.ok(found.includes('failed'), 'nothing was cancelled')
  assert.equal(await leftovers(), 0)
})

test('a query is not answered when its tenant could not be set', async () => {
  // PostgreSQL takes no NUL: the statement that sets the tenant fails, the query behind it does not.
  await assert.rejects(db.read({ tenantId: 'aaaaaaaaaaaa\0' }, users))
  await assert.rejects(db.read({ tenantId: '\0' }, raw('select 1 as found')))
  let ran = false
  await assert.rejects(
    db.write({ tenantId: '\0' }, async () => {
      ran = true
    })
  )
  assert.equal(ran, false)
  assert.equal(await leftovers(), 0)
})

test('a connection whose tenant could not be taken back is given up, with its answer', async () => {
  await superuser.query('create schema broken')
  await superuser.query(
    `create function broken.set_config(text, text, boolean) returns text language plpgsql as $$ begin raise 'no way back'; end $$`
  )
  await superuser.query('grant usage on schema broken to public')
  const breaking = `select pg_catalog.set_config('search_path', 'broken, pg_catalog', false)`
  await assert.rejects(db.read(one, raw(breaking)), /no way back/)
  // Were it back in the pool, its next reads would fail as well.
  await Promise.all(Array.from({ length: 64 }, () => db.read(one, users)))
  assert.equal(await leftovers(), 0)
})

test('a tenant can neither read, change nor plant rows of another', async () => {
  const others = db.write(one, (tx) =>
    tx.updateTable('users').set({ name: 'taken' }).where('tenant_id', '=', two.tenantId).executeTakeFirst()
  )
  assert.equal(Number((await others).numUpdatedRows), 0)
  await assert.rejects(
    db.write(one, (tx) =>
      tx.updateTable('users').set({ tenant_id: two.tenantId }).where('id', '=', 'user_1').execute()
    ),
    /row-level security/
  )
})

test('an install-level rule acts for a workspace from where it enters it, and only until its end', async () => {
  const seen = await db.install(async (tx) => {
    const before = await users(tx).execute()
    await enterTenant(tx, two.tenantId)
    return [before.length, (await users(tx).execute()).length]
  })
  assert.deepEqual(seen, [0, 5])
  assert.equal(await leftovers(), 0)
})

const block = (tx: Tx, byte: number) =>
  tx
    .insertInto('mail_blocks')
    .values({ address_hash: Buffer.from([byte]), until: new Date(0) })
    .execute()
const blocks = async () =>
  (await db.install((tx) => tx.selectFrom('mail_blocks').select('address_hash').execute())).map(
    (row) => row.address_hash[0]
  )

test('a rule that throws leaves nothing; a problem that keeps its writes leaves them', async () => {
  await assert.rejects(
    db.install(async (tx) => {
      await block(tx, 1)
      throw new Error('afterwards')
    }),
    /afterwards/
  )
  await assert.rejects(
    db.install(async (tx) => {
      await block(tx, 2)
      throw problem('DOMAIN_TAKEN')
    }),
    { code: 'DOMAIN_TAKEN' }
  )
  await assert.rejects(
    db.install(async (tx) => {
      await block(tx, 3)
      throw problem('DOMAIN_TAKEN', { keepsWrites: true })
    }),
    { code: 'DOMAIN_TAKEN' }
  )
  assert.deepEqual(await blocks(), [3])
})

test('a rule whose statement failed is no success, though it hides the failure', async () => {
  const hides = db.install(async (tx) => {
    await block(tx, 4)
    await sql`select 1 / 0`.execute(tx).catch(() => undefined)
    return 'done'
  })
  await assert.rejects(hides, /current transaction is aborted/)
  const keeps = db.install(async (tx) => {
    await sql`select 1 / 0`.execute(tx).catch(() => undefined)
    throw problem('DOMAIN_TAKEN', { keepsWrites: true })
  })
  await assert.rejects(keeps, /current transaction is aborted/)
  assert.deepEqual(await blocks(), [3])
})

test('rules in a deadlock are run again from their start and both succeed', { timeout: 20_000 }, async () => {
  await db.install((tx) => block(tx, 10))
  await db.install((tx) => block(tx, 11))
  let runs = 0
  let waiting: (() => void)[] = []
  const lock = (tx: Tx, byte: number) =>
    sql`update mail_blocks set until = until + interval '1 hour' where address_hash = ${Buffer.from([byte])}`.execute(
      tx
    )
  const cross = (first: number, second: number) =>
    db.install(async (tx) => {
      runs += 1
      await lock(tx, first)
      // The first two runs meet in the middle; later ones pass.
      if (runs <= 2)
        await new Promise<void>((resolve) => {
          waiting.push(resolve)
          if (waiting.length === 2) for (const go of waiting) go()
        })
      await lock(tx, second)
    })
  await Promise.all([cross(10, 11), cross(11, 10)])
  waiting = []
  // PostgreSQL ends one of the two, or both when they look at the same time.
  assert.ok(runs > 2, 'there was no deadlock')
  const hours = await db.install((tx) =>
    tx.selectFrom('mail_blocks').select('until').where('until', '>', new Date(0)).execute()
  )
  assert.deepEqual(
    hours.map(({ until: at }) => at.getTime()),
    [7_200_000, 7_200_000]
  )
})

test('what fails each time is tried a bounded number of times', async () => {
  let runs = 0
  await assert.rejects(
    db.install(async (tx) => {
      runs += 1
      await sql`do $$ begin raise 'again' using errcode = '40001'; end $$`.execute(tx)
    }),
    /again/
  )
  assert.equal(runs, 3)
})

test('after its backends were ended the database is unavailable for a moment and then there again [C1-error-503]', async () => {
  const end = () =>
    superuser.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ekso' and datname = current_database()`
    )
  const running = db.write(one, async (tx) => {
    await end()
    return users(tx).execute()
  })
  await assert.rejects(running, isUnavailable)
  await Promise.all(Array.from({ length: 16 }, () => db.read(one, users).catch(() => undefined)))
  await end()
  const found = await Promise.allSettled(Array.from({ length: 32 }, () => db.read(two, users)))
  for (const outcome of found)
    if (outcome.status === 'rejected') assert.ok(isUnavailable(outcome.reason), String(outcome.reason))
  await until(async () => (await db.read(one, users).catch(() => [])).length === 5)
  assert.equal(await leftovers(), 0)
})

test('a database that is not there is unavailable, with a time to wait [C1-error-503]', async () => {
  const nowhere = openDb({ connectionString: 'postgres://ekso:x@127.0.0.1:1/ekso' }, makeLog('silent'))
  for (const attempt of [
    nowhere.read(one, users),
    nowhere.write(one, users as never),
    nowhere.install(users as never)
  ])
    await assert.rejects(attempt, (error: Problem) => isUnavailable(error) && error.retryAfterSeconds === 2)
  await nowhere.close()
})
