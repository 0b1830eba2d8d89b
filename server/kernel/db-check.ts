import type pg from 'pg'
import { type DatabaseAddress, openConnection } from './db.ts'

/**
 * Refuses a database on which the second wall would not stand: a role that row security does not bind, a
 * PostgreSQL older than 15, or a pooler that hands one session to several transactions. Throws with the way out.
 */
export async function checkDatabase(address: DatabaseAddress): Promise<void> {
  const one = await openConnection(address).catch(explainRefusal)
  const other = await openConnection(address).catch(async (error: unknown) => {
    await one.end()
    throw error
  })
  try {
    await refuseOldVersion(one)
    await refuseBypassingRole(one)
    await refuseTransactionPooler(one, other)
  } finally {
    await Promise.all([one.end(), other.end()])
  }
}

// PgBouncer's words for a setting that a connection is opened with and that it does not pass on.
function explainRefusal(error: unknown): never {
  const setting = /unsupported startup parameter: (\w+)/.exec(String(error))?.[1]
  if (setting === undefined) throw error
  throw new Error(
    `DATABASE_URL leads to a pooler that does not take ${setting}. Use PostgreSQL itself, or PgBouncer with pool_mode = session and ignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout.`,
    { cause: error }
  )
}

async function refuseOldVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: string; name: string }>(
    `select current_setting('server_version_num') as number, current_setting('server_version') as name`
  )
  if (Number(rows[0]?.number) < 150_000)
    throw new Error(`PostgreSQL 15 or newer is required; this one is ${rows[0]?.name}.`)
}

async function refuseBypassingRole(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string; bypasses: boolean }>(
    'select rolname as name, rolsuper or rolbypassrls as bypasses from pg_roles where rolname = current_user'
  )
  if (rows[0]?.bypasses)
    throw new Error(
      `The database role "${rows[0].name}" bypasses row security. Use an ordinary role: create role ekso login password '…' nosuperuser nobypassrls; create database ekso owner ekso.`
    )
}

// Two open connections on one backend, one connection on two, or a session setting gone on a later query: the pooler
// hands sessions out by the transaction, and one tenant's setting would meet another tenant's query. Asked three
// times over, since a pooler that takes its backends in turn comes back to the first.
async function refuseTransactionPooler(one: pg.Client, other: pg.Client): Promise<void> {
  await one.query(`select set_config('ekso.pooler_check', 'kept', false)`)
  const ask = `select pg_backend_pid() as pid, current_setting('ekso.pooler_check', true) as kept`
  const pids = { one: new Set<number>(), other: new Set<number>() }
  for (let round = 0; round < 3; round++) {
    const mine = (await one.query<Session>(ask)).rows[0]
    const theirs = (await other.query<Session>(ask)).rows[0]
    if (!mine || !theirs || mine.kept !== 'kept' || theirs.kept === 'kept') throw new Error(poolerRefused)
    pids.one.add(mine.pid)
    pids.other.add(theirs.pid)
  }
  if (new Set([...pids.one, ...pids.other]).size !== 2) throw new Error(poolerRefused)
}

type Session = { pid: number; kept: string | null }

const poolerRefused =
  'DATABASE_URL leads to a pooler in transaction mode. Use session mode or PostgreSQL itself.'
