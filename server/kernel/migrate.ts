import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { sql } from 'kysely'
import type pg from 'pg'
import { type DatabaseAddress, type Db, openConnection } from './db.ts'
import type { Log } from './log.ts'

type Migration = { name: string; text: string; checksum: string }

const migrationsFolder = new URL('../../migrations/', import.meta.url)
// Any fixed number: every server of one database must ask for the same advisory lock.
const migrationLock = 7_305_150_001

/**
 * Brings the database to this version's shape, each migration in its own transaction, one server at a time.
 * Throws when an applied migration was edited or the database is newer than this version.
 */
export async function migrate(address: DatabaseAddress, log: Log, folder = migrationsFolder): Promise<void> {
  const migrations = await readMigrations(folder)
  const client = await openConnection(address)
  try {
    // A big migration on a big table may take its time.
    await client.query('set statement_timeout = 0')
    await client.query('select pg_advisory_lock($1)', [migrationLock])
    await client.query(
      'create table if not exists schema_migrations (name text primary key, checksum text not null, applied timestamptz not null default now())'
    )
    for (const migration of await pendingMigrations(client, migrations)) {
      await applyMigration(client, migration)
      log.info({ migration: migration.name }, 'applied a migration')
    }
  } finally {
    await client.end()
  }
}

let newest: string | undefined

/** Whether the database answers and has this version's shape: what `/readyz` tells. Never throws. */
export async function isMigrated(db: Db): Promise<boolean> {
  try {
    newest ??= (await readMigrations(migrationsFolder)).at(-1)?.name ?? ''
    const { rows } = await db.install((tx) =>
      sql<{ name: string }>`select max(name) as name from schema_migrations`.execute(tx)
    )
    return rows[0]?.name === newest
  } catch {
    return false
  }
}

async function readMigrations(folder: URL): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, folder), 'utf8')
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') }
    })
  )
}

async function pendingMigrations(client: pg.Client, migrations: Migration[]): Promise<Migration[]> {
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'select name, checksum from schema_migrations order by name'
  )
  const known = new Map(migrations.map((migration) => [migration.name, migration]))
  for (const { name, checksum } of rows) {
    const migration = known.get(name)
    if (!migration)
      throw new Error(
        `The database has been migrated by a newer version (${name}). Run that version, or restore a backup.`
      )
    if (migration.checksum !== checksum)
      throw new Error(
        `Migration ${name} differs from the one that was applied. Applied migrations are never edited.`
      )
  }
  const applied = new Set(rows.map((row) => row.name))
  return migrations.filter((migration) => !applied.has(migration.name))
}

// Under FORCE the owner is subject to the policies too: an UPDATE of a migration would silently touch nothing
// and a bad foreign key would pass. It is lifted inside the transaction, which nobody else can see into.
async function applyMigration(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('begin')
  try {
    await setForce(client, 'no force')
    await client.query(migration.text)
    await client.query('set constraints all immediate')
    await setForce(client, 'force')
    await client.query('insert into schema_migrations (name, checksum) values ($1, $2)', [
      migration.name,
      migration.checksum
    ])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw new Error(`Migration ${migration.name} failed; nothing of it was kept.`, { cause: error })
  }
}

async function setForce(client: pg.Client, force: 'force' | 'no force'): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class
      where relrowsecurity and relkind in ('r', 'p') and relnamespace = 'public'::regnamespace`
  )
  for (const { name } of rows) await client.query(`alter table ${name} ${force} row level security`)
}
