import { randomBytes } from 'node:crypto'
import { type Actor, scopes } from '#server/kernel/actor.ts'
import { addSeconds } from '#server/kernel/clock.ts'
import type { Db, Tx } from '#server/kernel/db.ts'
import { deleteExpired } from '#server/kernel/expired-rows.ts'
import { newId } from '#server/kernel/ids.ts'
import type { Means } from '#server/kernel/means.ts'
import type { Session } from '#server/kernel/session-type.ts'

/** Nobody touched it for so long. */
const idleSeconds = 7 * 24 * 3600
/** However busy it is. */
const longestSessionSeconds = 30 * 24 * 3600
const touchSeconds = 300
const sweepRows = 100

/** The account whose password was right, and when that password was set. */
export type Proof = { tenantId: string; userId: string; passwordSet: Date }

/**
 * Opens a session and answers its token, which the database keeps as a keyed hash. Always a new one: a session that
 * the browser had before ends, so that nobody can plant one (session fixation). It lives while `proof.passwordSet` is
 * the user's password.
 */
export async function openSession(
  tx: Tx,
  means: Means,
  proof: Proof,
  earlierToken: string | undefined
): Promise<string> {
  if (earlierToken !== undefined) await endSession(tx, means, proof.tenantId, earlierToken)
  await sweepSessions(tx, means, proof.tenantId)
  const token = randomBytes(32).toString('base64url')
  await tx
    .insertInto('sessions')
    .values({
      tenant_id: proof.tenantId,
      id: newId('session'),
      user_id: proof.userId,
      token_hash: tokenHash(means, proof.tenantId, token),
      password_set: proof.passwordSet,
      password_at: means.now,
      created: means.now,
      seen: means.now,
      expires: addSeconds(means.now, longestSessionSeconds)
    })
    .execute()
  return token
}

/**
 * The living session of a token: not idle, not too old, its user active and the password not changed since. So a new
 * password and a deactivated user end sessions by themselves, whoever wrote them.
 */
export async function findSignedIn(
  db: Db,
  means: Means,
  tenantId: string,
  token: string
): Promise<Session | undefined> {
  const { now } = means
  const [row] = await db.read({ tenantId }, (tables) =>
    tables
      .selectFrom('sessions')
      .innerJoin('users', (join) =>
        join
          .onRef('users.tenant_id', '=', 'sessions.tenant_id')
          .onRef('users.id', '=', 'sessions.user_id')
          .onRef('users.password_set', '=', 'sessions.password_set')
      )
      .select([
        'sessions.id',
        'sessions.user_id',
        'sessions.password_at',
        'sessions.created',
        'sessions.seen'
      ])
      .select(['users.name', 'users.email', 'users.is_super_admin'])
      .where('sessions.tenant_id', '=', tenantId)
      .where('sessions.token_hash', '=', tokenHash(means, tenantId, token))
      .where('sessions.expires', '>', now)
      .where('sessions.seen', '>', addSeconds(now, -idleSeconds))
      .where('users.deleted', '=', false)
      .where('users.active', '=', true)
      .where('users.locked', 'is', null)
  )
  if (!row) return undefined
  if (row.seen < addSeconds(now, -touchSeconds)) await touch(db, now, tenantId, row.id)
  return {
    id: row.id,
    tenantId,
    userId: row.user_id,
    name: row.name,
    email: row.email,
    isSuperAdmin: row.is_super_admin,
    passwordAt: row.password_at,
    created: row.created
  }
}

/** Ends the session of a token. Answers whose it was; undefined when there was none. */
export async function endSession(
  tx: Tx,
  means: Means,
  tenantId: string,
  token: string
): Promise<string | undefined> {
  const ended = await tx
    .deleteFrom('sessions')
    .where('tenant_id', '=', tenantId)
    .where('token_hash', '=', tokenHash(means, tenantId, token))
    .returning('user_id')
    .executeTakeFirst()
  return ended?.user_id
}

/** Ends all sessions of a user, but for the one named. Answers how many. */
export async function endSessions(
  tx: Tx,
  tenantId: string,
  userId: string,
  exceptId?: string
): Promise<number> {
  const query = tx.deleteFrom('sessions').where('tenant_id', '=', tenantId).where('user_id', '=', userId)
  const { numDeletedRows } = await (exceptId === undefined
    ? query
    : query.where('id', '!=', exceptId)
  ).executeTakeFirst()
  return Number(numDeletedRows)
}

/** In how many browsers a user is signed in. */
export async function countSessions(db: Db, means: Means, session: Session): Promise<number> {
  const { tenantId, userId } = session
  const rows = await db.read({ tenantId }, (tables) =>
    tables
      .selectFrom('sessions')
      .innerJoin('users', (join) =>
        join
          .onRef('users.tenant_id', '=', 'sessions.tenant_id')
          .onRef('users.id', '=', 'sessions.user_id')
          .onRef('users.password_set', '=', 'sessions.password_set')
      )
      .select('sessions.id')
      .where('sessions.tenant_id', '=', tenantId)
      .where('sessions.user_id', '=', userId)
      .where('sessions.expires', '>', means.now)
      .where('sessions.seen', '>', addSeconds(means.now, -idleSeconds))
      .limit(100)
  )
  return rows.length
}

// Once in a while: a write for every page would cost more than the page.
async function touch(db: Db, now: Date, tenantId: string, id: string): Promise<void> {
  await db.write({ tenantId }, (tx) =>
    tx
      .updateTable('sessions')
      .set({ seen: now })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .where('seen', '<', now)
      .execute()
  )
}

// Row security keeps the install's sweeps out, so each sign-in takes some of what its own workspace left behind.
async function sweepSessions(tx: Tx, means: Means, tenantId: string): Promise<void> {
  await deleteExpired(tx, { table: 'sessions', key: 'id', due: 'expires', tenantId }, means.now, sweepRows)
}

function tokenHash(means: Means, tenantId: string, token: string): Buffer {
  return means.secrets.hash('session', tenantId, token)
}

/** Who acts through a browser session: everything the user may, and what takes a fresh password too. */
export function sessionActor(session: Session): Actor {
  const { tenantId, userId, isSuperAdmin, passwordAt } = session
  const client = { kind: 'session', id: session.id, name: 'Browser', marker: 'Web' } as const
  return { tenantId, userId, isSuperAdmin, client, scopes: new Set(scopes), passwordAt }
}
