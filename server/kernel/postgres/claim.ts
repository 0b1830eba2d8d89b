import { realpath } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { PostgresStartError } from './start-error.ts'

export interface ConnectionSettings {
  /** The folder of the socket. */
  host: string
  port: number
  user: string
  password: string
  database: string
}

/**
 * The session that marks a running server as the owner of its PostgreSQL, for as long as the server lives.
 */
export interface Claim {
  client: pg.Client
  /** Of PostgreSQL, like `18.4`. */
  version: string
  /** Settles when the session has ended, for whatever reason. */
  ended: Promise<void>
  release(): Promise<void>
}

/** "ekso" in ASCII. */
const LOCK_KEY = 0x656b736f
const LOCK_STEP_MS = 50
const LOCK_STEPS = 40

/**
 * Connects as superuser, makes sure that it is the PostgreSQL of this data folder (it knows our password and
 * names the folder), and takes the advisory lock. Throws PostgresStartError when another server holds it; a
 * killed one's session may take a moment to end.
 */
export async function claimServer(superuser: ConnectionSettings, folder: string): Promise<Claim> {
  const client = new pg.Client({
    ...superuser,
    application_name: 'ekso owner',
    connectionTimeoutMillis: 10_000
  })
  const ended = new Promise<void>((resolve) => {
    client.on('error', () => resolve())
    client.on('end', () => resolve())
  })
  await client.connect()
  try {
    const version = await checkFolder(client, folder)
    await takeLock(client)
    return { client, version, ended, release: () => client.end().catch(() => {}) }
  } catch (error) {
    await client.end().catch(() => {})
    throw error
  }
}

async function checkFolder(client: pg.Client, folder: string): Promise<string> {
  const answer = await client.query<{ path: string; version: string }>(
    "select current_setting('data_directory') as path, current_setting('server_version') as version"
  )
  const { path, version } = answer.rows[0] ?? { path: '', version: '' }
  if ((await realpath(path)) !== (await realpath(folder))) {
    throw new PostgresStartError(`The PostgreSQL that answers in ${folder} serves another folder, ${path}.`)
  }
  return version
}

async function takeLock(client: pg.Client): Promise<void> {
  for (let step = 0; step < LOCK_STEPS; step++) {
    const answer = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
      LOCK_KEY
    ])
    if (answer.rows[0]?.taken) return
    await wait(LOCK_STEP_MS)
  }
  throw new PostgresStartError(
    'Another Ekso server is using the PostgreSQL of this data folder. Stop it first, or give this one its own EKSO_DATA_DIR.'
  )
}

/** Makes the role and the database that the server works with, where they are missing. */
export async function makeRoleAndDatabase(client: pg.Client, name: string, password: string): Promise<void> {
  const found = await client.query<{ role: boolean; database: boolean }>(
    'select exists (select from pg_roles where rolname = $1) as role, exists (select from pg_database where datname = $1) as database',
    [name]
  )
  const quoted = client.escapeIdentifier(name)
  if (!found.rows[0]?.role) {
    await client.query(
      `create role ${quoted} login nosuperuser nobypassrls nocreatedb nocreaterole password ${client.escapeLiteral(password)}`
    )
  }
  if (!found.rows[0]?.database) await client.query(`create database ${quoted} owner ${quoted}`)
}
