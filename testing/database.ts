import pg from 'pg'
import type { ConnectionSettings } from '#server/kernel/postgres/embedded-postgres.ts'

const TEMPLATE = 'ekso_template'
const VARIABLE = 'EKSO_TEST_POSTGRES'

/** How to reach the PostgreSQL of this test run. */
export interface TestPostgres {
  /** The ordinary role, as which the server connects. */
  connection: ConnectionSettings
  superuser: ConnectionSettings
}

/** A database of a test's own. */
export interface TestDatabase {
  connection: ConnectionSettings
  superuser: ConnectionSettings
  /** Ends every session in it and lets nobody in, as if the server were away. */
  refuseConnections(): Promise<void>
  takeConnections(): Promise<void>
  /** Ends every session in it and removes it. */
  drop(): Promise<void>
}

/** Lets the processes of the test files, which inherit the environment, find the server. */
export function handOnSettings(settings: TestPostgres): void {
  process.env[VARIABLE] = JSON.stringify(settings)
}

export function testPostgres(): TestPostgres {
  const text = process.env[VARIABLE]
  if (!text) {
    throw new Error(
      'No PostgreSQL for tests: run them with --test-global-setup=testing/postgres.ts (npm test does).'
    )
  }
  return JSON.parse(text) as TestPostgres
}

/** Makes the database that all others are copies of: once a run, so that migrations run once. */
export async function makeTemplate(
  { connection, superuser }: TestPostgres,
  migrate: (settings: ConnectionSettings) => Promise<void>
): Promise<void> {
  await asSuperuser(superuser, (client) =>
    client.query(`create database ${TEMPLATE} owner ${connection.user}`)
  )
  await migrate({ ...connection, database: TEMPLATE })
  await asSuperuser(superuser, (client) => client.query(`alter database ${TEMPLATE} allow_connections false`))
}

/** Makes a fresh, migrated database; about 30 ms. Names are lower-case letters, digits and `_`. */
export async function createDatabase(name: string): Promise<TestDatabase> {
  const { connection, superuser } = testPostgres()
  if (!/^[a-z][a-z0-9_]{0,50}$/.test(name)) throw new Error(`"${name}" cannot name a test database`)
  const database = `${name}_${process.pid}`
  await asSuperuser(superuser, (client) =>
    client.query(`create database ${database} template ${TEMPLATE} owner ${connection.user}`)
  )
  return {
    connection: { ...connection, database },
    superuser: { ...superuser, database },
    refuseConnections: () =>
      asSuperuser(superuser, async (client) => {
        await client.query(`alter database ${database} connection limit 0`)
        await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
          database
        ])
      }),
    takeConnections: () =>
      asSuperuser(superuser, (client) => client.query(`alter database ${database} connection limit -1`)),
    drop: async () => {
      await asSuperuser(superuser, (client) =>
        client.query(`drop database if exists ${database} with (force)`)
      )
    }
  }
}

async function asSuperuser(
  settings: ConnectionSettings,
  act: (client: pg.Client) => Promise<unknown>
): Promise<void> {
  const client = new pg.Client(settings)
  await client.connect()
  try {
    await act(client)
  } finally {
    await client.end()
  }
}
