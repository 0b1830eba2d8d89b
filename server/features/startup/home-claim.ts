import { sql } from 'kysely'
import type { Tx } from '#server/kernel/db.ts'
import type { Means } from '#server/kernel/means.ts'
import { problem } from '#server/kernel/problem.ts'
import { isLocalhostUrl } from '#server/kernel/public-url.ts'
import { readPublicUrl } from '#server/kernel/stored-url.ts'
import { claimHome, hasOtherWorkspaces } from '../tenancy/home.ts'
import type { ClaimWish } from './claim-wish.ts'
import type { ClaimAnswer } from './startup.schema.ts'

/**
 * Claims the home workspace: name, owner with password, public URL, all in the caller's transaction or nothing. Throws
 * `STARTUP_DONE`, `PUBLIC_URL_FIXED` and `PUBLIC_URL_IN_USE`.
 */
export async function claimInstall(
  tx: Tx,
  means: Means,
  wish: Omit<ClaimWish, 'password'>,
  passwordHash: string
): Promise<ClaimAnswer> {
  const { name, email, organization, publicUrl } = wish
  const inForce = await readPublicUrl(tx, means.settings)
  // A localhost URL that is the setting's anyway is not kept: the install would be tied to its port.
  const isSettings = isLocalhostUrl(publicUrl) && publicUrl.origin === means.settings.publicUrl.origin
  const owner = { name, email, passwordHash }
  const storedUrl = isSettings ? undefined : publicUrl
  const { tenantId } = await claimHome(tx, means, { organization, owner, storedUrl })
  await refuseMove(tx, means, inForce, publicUrl)
  const { origin } = publicUrl
  const hint = isUnsendable(means, publicUrl) ? ' Mail waits until SMTP_URL is set.' : ''
  const message = `Workspace created successfully. Sign in at ${origin} with your e-mail address and password.${hint}`
  return { tenantId, publicUrl: origin, loginUrl: origin, message }
}

/** Whether mail of an install at this URL goes nowhere: off localhost, and without a mail server. */
export function isUnsendable(means: Pick<Means, 'settings'>, publicUrl: URL): boolean {
  return !means.settings.smtpUrl && !isLocalhostUrl(publicUrl)
}

// Judged after the claim has locked the install, so that STARTUP_DONE is the answer to whoever comes late.
async function refuseMove(tx: Tx, means: Means, inForce: URL, wished: URL): Promise<void> {
  if (wished.host !== inForce.host) {
    // Waits for sign-ups that are under way and holds new ones back until this is decided.
    await sql`lock table tenants in share row exclusive mode`.execute(tx)
    if (await hasOtherWorkspaces(tx)) throw problem('PUBLIC_URL_IN_USE')
  }
  const isFixed = !isLocalhostUrl(means.settings.publicUrl)
  if (isFixed && wished.origin !== means.settings.publicUrl.origin)
    throw problem('PUBLIC_URL_FIXED', { fields: [{ field: 'publicUrl', code: 'not_allowed' }] })
}
