import { sql } from 'kysely'
import { enterTenant } from '#server/kernel/db.ts'
import type { Answer, CallOptions, World } from './world.ts'

export const soundClaim = {
  name: 'Jane Smith',
  email: 'jane@acme.example',
  password: 'Quiet-Harbour-42',
  organization: 'Acme Corp',
  publicUrl: 'http://localhost:6050'
}

/** Claims the install, with changes to a claim that is sound on localhost. */
export function claim(world: World, over: object = {}, options: CallOptions = {}): Promise<Answer> {
  return world.call('POST /api/startup', { body: { ...soundClaim, ...over }, ...options })
}

/** All that a claim may have done. */
export type ClaimState = {
  name: string
  claimed: boolean
  publicUrl: string | null
  owners: { name: string; email: string; isSuperAdmin: boolean; passwordHash: string | null }[]
}

export function claimState(world: World): Promise<ClaimState> {
  return world.db.install(async (tx) => {
    const home = await tx
      .selectFrom('tenants')
      .select(['id', 'name'])
      .where('is_home', '=', true)
      .executeTakeFirstOrThrow()
    const install = await tx.selectFrom('install').select(['claimed', 'public_url']).executeTakeFirstOrThrow()
    await enterTenant(tx, home.id)
    const users = await tx
      .selectFrom('users')
      .select(['name', 'email', 'is_super_admin', 'password_hash'])
      .where('tenant_id', '=', home.id)
      .execute()
    return {
      name: home.name,
      claimed: install.claimed !== null,
      publicUrl: install.public_url,
      owners: users.map((user) => ({
        name: user.name,
        email: user.email,
        isSuperAdmin: user.is_super_admin,
        passwordHash: user.password_hash
      }))
    }
  })
}

export const unclaimed: ClaimState = { name: 'Home', claimed: false, publicUrl: null, owners: [] }

/** Takes a claim back, which no install can, so that a test can claim again. */
export function unclaim(world: World): Promise<void> {
  return world.db.install(async (tx) => {
    await tx.updateTable('install').set({ claimed: null, public_url: null }).execute()
    const home = await tx
      .updateTable('tenants')
      .set({ name: 'Home' })
      .where('is_home', '=', true)
      .returning('id')
      .executeTakeFirstOrThrow()
    await enterTenant(tx, home.id)
    await sql`delete from users where tenant_id = ${home.id}`.execute(tx)
  })
}
