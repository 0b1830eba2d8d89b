import type pg from 'pg'
import { type DatabaseAddress, openConnection } from './db.ts'

/**
 * Refuses a database on which the second wall would not stand: a role that row security does not bind, a
 * PostgreSQL older than 15, or a pooler that hands one session to several transactions. Throws with the way out.
 */
export async function checkDatabase(address: DatabaseAddress): Promise<void> {
  const one = await openConnection(address)
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

async function refuseOldVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: string }>(
    `select current_setting('server_version_num') as version`
  )
  if (Number(rows[0]?.version) < 150_000) throw new Error('PostgreSQL 15 or newer is required.')
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

// Two open connections on one backend, or a session setting gone on the next query: the pooler hands
// sessions out by the transaction, and one tenant's setting would meet another tenant's query.
async function refuseTransactionPooler(one: pg.Client, other: pg.Client): Promise<void> {
  await one.query(`select set_config('ekso.pooler_check', 'kept', false)`)
  const pid = 'select pg_backend_pid() as pid'
  const first = await one.query<{ pid: number }>(pid)
  const second = await other.query<{ pid: number }>(pid)
  const kept = await one.query<{ kept: string }>(`select current_setting('ekso.pooler_check', true) as kept`)
  if (first.rows[0]?.pid === second.rows[0]?.pid || kept.rows[0]?.kept !== 'kept')
    throw new Error(
      'DATABASE_URL leads to a pooler in transaction mode. Use session mode or PostgreSQL itself.'
    )
}
