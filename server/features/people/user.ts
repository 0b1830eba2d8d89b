import type { Tx } from '#server/kernel/db.ts'
import { newId } from '#server/kernel/ids.ts'
import type { Means } from '#server/kernel/means.ts'
import { canonicalAddress } from '../addresses/email-address.ts'

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
      is_super_admin: true,
      password_hash: person.passwordHash ?? null,
      password_set: person.passwordHash === undefined ? null : means.now,
      created: means.now,
      created_by: id,
      updated: means.now,
      updated_by: id
    })
    .execute()
  return id
}
