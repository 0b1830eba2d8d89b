import { type CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { isConnectionTrouble, isWorthRepeating } from './db-trouble.ts'
import type { Log } from './log.ts'
import { Problem, problem } from './problem.ts'
import type { Tables } from './tables.ts'

/** The handle inside one transaction. Rules receive it; no other handle is in scope there. */
export type Tx = Kysely<Tables>

/** Where PostgreSQL is: what `DATABASE_URL` says or what the embedded one answered at its start. */
export type DatabaseAddress =
  | { connectionString: string }
  | { host: string; port: number; user: string; password: string; database: string }

/** A query that is built but not run. */
type Query<Row> = { compile(): CompiledQuery<Row> }

export type Db = {
  /**
   * Runs one query as a tenant, in one round trip: set tenant, query, reset are sent together.
   * Throws `DATABASE_UNAVAILABLE`.
   */
  read<Row>(who: { tenantId: string }, build: (tables: Tx) => Query<Row>): Promise<Row[]>
  /**
   * Runs a rule as a tenant in one transaction, again from its start after a deadlock. Commits when it
   * returns or throws a problem that keeps its writes; else nothing is left of it. Throws `DATABASE_UNAVAILABLE`.
   */
  write<T>(who: { tenantId: string }, rule: (tx: Tx) => Promise<T>): Promise<T>
  /** As `write`, for the install's own tables: row security answers tenant tables with no rows. */
  install<T>(rule: (tx: Tx) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** For reading the install's own tables: row security answers tenant tables with no rows. */
export const noTenant = { tenantId: '' }

const poolSize = 16
const statementMs = 15_000
const connectMs = 5_000
const triesAfterDeadlock = 3

/** Opens the pool. No connection is made before the first query. */
export function openDb(address: DatabaseAddress, log: Log): Db {
  const pool = new pg.Pool({
    ...connectionOptions(address),
    pipeline: true,
    max: poolSize,
    idleTimeoutMillis: 30_000
  })
  // A broken connection is dropped by the pool, and a query on it fails by itself; but an error event without a
  // listener, on the pool while idle or on the client while in use, would end the process.
  pool.on('error', (err) => log.warn({ err }, 'an idle database connection broke'))
  pool.on('connect', (client) =>
    client.on('error', (err) => log.debug({ err }, 'a database connection broke'))
  )
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  return {
    read: (who, build) => readAsTenant(pool, who.tenantId, build(kysely).compile()),
    write: (who, rule) => transact(kysely, who.tenantId, rule),
    install: (rule) => transact(kysely, '', rule),
    close: () => kysely.destroy()
  }
}

/** One connection outside the pool, for locks that live as long as it does. The caller ends it. */
export async function openConnection(address: DatabaseAddress): Promise<pg.Client> {
  const client = new pg.Client(connectionOptions(address))
  // Told to whoever runs the next query; without a listener it would end the process.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** What every connection of the server is opened with. */
export function connectionOptions(address: DatabaseAddress): pg.ClientConfig {
  return {
    ...address,
    application_name: 'ekso',
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    idle_in_transaction_session_timeout: statementMs,
    keepAlive: true
  }
}

/** Sets the tenant for the rest of this transaction: for install-level rules that found or close a workspace. */
export async function enterTenant(tx: Tx, tenantId: string): Promise<void> {
  await sql`select set_config('ekso.tenant_id', ${tenantId}, true)`.execute(tx)
}

const setTenant = `select set_config('ekso.tenant_id', $1, false)`

// pg ends every pipelined query with its own Sync: a failed set would let the query answer as the tenant
// before it, and a failed reset would leave this one behind. Either way the result and connection are dropped.
async function readAsTenant<Row>(pool: pg.Pool, tenantId: string, query: CompiledQuery<Row>): Promise<Row[]> {
  const client = await pool.connect().catch(refuse)
  const [set, answer, reset] = await Promise.allSettled([
    client.query(setTenant, [tenantId]),
    client.query(query.sql, [...query.parameters]),
    client.query(setTenant, [''])
  ])
  const isTainted = set.status === 'rejected' || reset.status === 'rejected'
  client.release(isTainted)
  if (set.status === 'rejected') return refuse(set.reason)
  if (reset.status === 'rejected') return refuse(reset.reason)
  if (answer.status === 'rejected') return refuse(answer.reason)
  return answer.value.rows as Row[]
}

async function transact<T>(
  kysely: Kysely<Tables>,
  tenantId: string,
  rule: (tx: Tx) => Promise<T>
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await kysely.connection().execute((tx) => runTransaction(tx, tenantId, rule))
    } catch (error) {
      if (attempt < triesAfterDeadlock && isWorthRepeating(error)) continue
      return refuse(error)
    }
  }
}

async function runTransaction<T>(tx: Tx, tenantId: string, rule: (tx: Tx) => Promise<T>): Promise<T> {
  const opened = await Promise.allSettled([
    sql`begin`.execute(tx),
    sql`select set_config('ekso.tenant_id', ${tenantId}, true)`.execute(tx)
  ])
  for (const step of opened) if (step.status === 'rejected') throw await abandoned(tx, step.reason)
  try {
    const result = await rule(tx)
    await commit(tx)
    return result
  } catch (error) {
    if (error instanceof Problem && error.keepsWrites) {
      await commit(tx)
      throw error
    }
    throw await abandoned(tx, error)
  }
}

// PostgreSQL answers the commit of a transaction in which a statement failed with a silent rollback. The statement in
// front, sent along with it, fails instead, so that a rule that hid the failure is not taken for a success.
async function commit(tx: Tx): Promise<void> {
  const ended = await Promise.allSettled([sql`select 1`.execute(tx), sql`commit`.execute(tx)])
  for (const step of ended) if (step.status === 'rejected') throw step.reason
}

// A rollback that fails means a broken connection, which the pool notices; the first error is the one to tell.
async function abandoned(tx: Tx, error: unknown): Promise<unknown> {
  await sql`rollback`.execute(tx).catch(() => undefined)
  return error
}

function refuse(error: unknown): never {
  if (isConnectionTrouble(error))
    throw problem('DATABASE_UNAVAILABLE', { retryAfterSeconds: 2, cause: error })
  throw error
}
