import type { Tx } from '#server/kernel/db.ts'

/** Whether tokens may still be issued for a user. */
export async function userIsActive(tx: Tx, tenantId: string, userId: string): Promise<boolean> {
  const user = await tx
    .selectFrom('users')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .where('deleted', '=', false)
    .where('active', '=', true)
    .executeTakeFirst()
  return user !== undefined
}
