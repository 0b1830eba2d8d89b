import { randomBytes } from 'node:crypto'
import type { Selectable } from 'kysely'
import { type Actor, defaultScopes, readScopes, requireSuperAdmin, type Scope } from '#server/kernel/actor.ts'
import { recordDeed } from '#server/kernel/audit.ts'
import { addSeconds } from '#server/kernel/clock.ts'
import type { Tx } from '#server/kernel/db.ts'
import { newId } from '#server/kernel/ids.ts'
import type { Means } from '#server/kernel/means.ts'
import { postLetter } from '#server/kernel/outbox.ts'
import { hasForbiddenCharacters } from '#server/kernel/plain-text.ts'
import { problem } from '#server/kernel/problem.ts'
import type { ListQuery, Removed } from '#server/kernel/record.schema.ts'
import {
  cutPage,
  madeBy,
  type Page,
  readCursor,
  removed,
  rowsToRead,
  systemMembersOf
} from '#server/kernel/record.ts'
import type { Tables } from '#server/kernel/tables.ts'
import type { ApiKey, MadeApiKey, NewApiKey } from './api-key.schema.ts'
import { keyHash, keyStart } from './api-key-bearer.ts'
import { keyMadeLetter } from './api-key-letters.ts'

type KeyRow = Selectable<Tables['api_keys']>

const lifeSeconds = 90 * 24 * 3600
const mostKeys = 100
const prefixCharacters = keyStart.length + 6

/**
 * Makes a key that acts for the actor, with the actor's scopes at most, and mails the user about it. The raw key is
 * in this answer and nowhere else. Throws KEY_CANNOT_MINT, SUPER_ADMIN_REQUIRED outside a browser, KEY_SCOPE_TOO_WIDE,
 * TOO_MANY_KEYS, VALIDATION_FAILED (contract §1).
 */
export async function mintKey(tx: Tx, actor: Actor, means: Means, wish: NewApiKey): Promise<MadeApiKey> {
  if (actor.client.kind === 'key') throw problem('KEY_CANNOT_MINT')
  if (actor.client.kind !== 'session') requireSuperAdmin(actor)
  const scopes = readWishedScopes(actor, wish)
  const name = readName(wish.name)
  await refuseTooMany(tx, actor)
  const rawKey = `${keyStart}${randomBytes(32).toString('base64url')}`
  const row = await tx
    .insertInto('api_keys')
    .values({
      ...madeBy(actor, newId('key'), means.now),
      user_id: actor.userId,
      name,
      prefix: rawKey.slice(0, prefixCharacters),
      key_hash: keyHash(rawKey),
      scopes,
      grant_id: actor.grantId ?? null,
      expires: readExpiry(means, wish.expiresAt)
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await mailOwner(tx, means, actor, row)
  await recordDeed(tx, means, actor, { kind: 'key-made', subject: row.id, note: scopes.join(' ') })
  return { ...showKey(row), rawKey }
}

/** The keys that were not revoked, newest first: the actor's own, for a super admin everybody's. */
export async function listKeys(tx: Tx, actor: Actor, query: ListQuery): Promise<Page<ApiKey>> {
  const before = readCursor(query, 1)
  const rows = await tx
    .selectFrom('api_keys')
    .selectAll()
    .where('tenant_id', '=', actor.tenantId)
    .where('deleted', '=', false)
    .$if(!actor.isSuperAdmin, (keys) => keys.where('user_id', '=', actor.userId))
    .$if(before !== undefined, (keys) => keys.where('id', '<', before?.[0] ?? ''))
    .orderBy('id', 'desc')
    .limit(rowsToRead(query))
    .execute()
  const page = cutPage(query, rows, (row) => [row.id])
  return { ...page, rows: page.rows.map(showKey) }
}

/** Revokes a key at once; again is no fault. Throws API_KEY_NOT_FOUND, also for a key that the actor may not see. */
export async function revokeKey(tx: Tx, actor: Actor, means: Means, keyId: string): Promise<Removed> {
  const row = await tx
    .selectFrom('api_keys')
    .select(['user_id', 'deleted'])
    .where('tenant_id', '=', actor.tenantId)
    .where('id', '=', keyId)
    .forUpdate()
    .executeTakeFirst()
  if (!row || (row.user_id !== actor.userId && !actor.isSuperAdmin)) throw problem('API_KEY_NOT_FOUND')
  if (row.deleted) return removed(keyId)
  await tx
    .updateTable('api_keys')
    .set({ deleted: true, updated: means.now, updated_by: actor.userId })
    .where('tenant_id', '=', actor.tenantId)
    .where('id', '=', keyId)
    .execute()
  await recordDeed(tx, means, actor, { kind: 'key-revoked', subject: keyId })
  return removed(keyId)
}

/** Ends the keys of a user who may no longer act. */
export async function endKeysOfUser(
  tx: Tx,
  means: Means,
  of: { tenantId: string; userId: string }
): Promise<void> {
  await tx
    .updateTable('api_keys')
    .set({ deleted: true, updated: means.now })
    .where('tenant_id', '=', of.tenantId)
    .where('user_id', '=', of.userId)
    .where('deleted', '=', false)
    .execute()
}

function readWishedScopes(actor: Actor, wish: NewApiKey): Scope[] {
  const wished = [...readScopes(wish.scopes ?? defaultScopes)]
  const isTooWide = wished.some((scope) => !actor.scopes.has(scope))
  if (isTooWide || (wished.includes('admin') && !actor.isSuperAdmin)) throw problem('KEY_SCOPE_TOO_WIDE')
  return wished
}

function readName(text: string): string {
  const name = text.normalize('NFC').trim()
  const code = name === '' ? 'required' : hasForbiddenCharacters(name) ? 'invalid' : undefined
  if (code) throw problem('VALIDATION_FAILED', { fields: [{ field: 'name', code }] })
  return name
}

function readExpiry(means: Means, expiresAt: string | null | undefined): Date | null {
  if (expiresAt === null) return null
  if (expiresAt === undefined) return addSeconds(means.now, lifeSeconds)
  const expires = new Date(expiresAt)
  if (!(expires > means.now))
    throw problem('VALIDATION_FAILED', { fields: [{ field: 'expiresAt', code: 'invalid' }] })
  return expires
}

// The user's row is locked, so that keys made at once are counted one after the other.
async function refuseTooMany(tx: Tx, actor: Actor): Promise<void> {
  await tx
    .selectFrom('users')
    .select('id')
    .where('tenant_id', '=', actor.tenantId)
    .where('id', '=', actor.userId)
    .forUpdate()
    .execute()
  const { count } = await tx
    .selectFrom('api_keys')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('tenant_id', '=', actor.tenantId)
    .where('user_id', '=', actor.userId)
    .where('deleted', '=', false)
    .executeTakeFirstOrThrow()
  if (Number(count) >= mostKeys) throw problem('TOO_MANY_KEYS')
}

async function mailOwner(tx: Tx, means: Means, actor: Actor, key: KeyRow): Promise<void> {
  const user = await tx
    .selectFrom('users')
    .select('email')
    .where('tenant_id', '=', actor.tenantId)
    .where('id', '=', actor.userId)
    .executeTakeFirstOrThrow()
  await postLetter(tx, means, means.now, keyMadeLetter(means, { key, to: user.email, client: actor.client }))
}

function showKey(row: KeyRow): ApiKey {
  return {
    ...systemMembersOf(row, 'apiKey'),
    userId: row.user_id,
    name: row.name,
    prefix: row.prefix,
    scopes: [...readScopes(row.scopes)],
    expiresAt: row.expires?.toISOString() ?? null,
    lastUsed: row.last_used?.toISOString() ?? null
  }
}
