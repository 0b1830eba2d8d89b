import type { Tx } from '#server/kernel/db.ts'
import { newId } from '#server/kernel/ids.ts'
import type { Means } from '#server/kernel/means.ts'
import { canonicalAddress } from '../addresses/email-address.ts'
import { joinAdministrators } from '../groups/group-member.ts'
import { initialsOf } from '../users/user-fields.ts'

/** Adds the first user of a new workspace as super admin, without a password unless its hash is given. Returns the user's id. */
export async function addOwner(
  tx: Tx,
  means: Means,
  tenantId: string,
  person: { name: string; email: string; passwordHash?: string }
): Promise<string> {
  const id = newId('user')
  await tx
    .insertInto('users')
    .values({
      tenant_id: tenantId,
      id,
      name: person.name,
      email: person.email,
      email_key: canonicalAddress(person.email),
      initials: initialsOf(person.name),
      is_super_admin: true,
      password_hash: person.passwordHash ?? null,
      password_set: person.passwordHash === undefined ? null : means.now,
      created: means.now,
      created_by: id,
      updated: means.now,
      updated_by: id
    })
    .execute()
  await joinAdministrators(tx, tenantId, id)
  return id
}

/** The first user of a workspace, whatever became of their address since. Runs as the tenant. */
export async function findFounder(tx: Tx, tenantId: string, lock?: 'lock') {
  const query = tx
    .selectFrom('users')
    .select(['id', 'email_key', 'password_hash'])
    .where('tenant_id', '=', tenantId)
    .orderBy('created')
    .orderBy('id')
    .limit(1)
  return (lock ? query.forUpdate() : query).executeTakeFirstOrThrow()
}
