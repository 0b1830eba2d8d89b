import type { Tx } from './db.ts'
import { isLocalhostName } from './hosts.ts'
import type { Settings } from './settings.ts'

/** The public URL in force: the stored one once the first-run wizard has stored it, else the setting (contract §4, §5). */
export async function readPublicUrl(tx: Tx, settings: Pick<Settings, 'publicUrl'>): Promise<URL> {
  const install = await tx.selectFrom('install').select('public_url').executeTakeFirst()
  return install?.public_url ? new URL(install.public_url) : settings.publicUrl
}

/** Whether the install is in use on this machine alone. */
export function isLocalhostUrl(url: URL): boolean {
  return isLocalhostName(url.hostname)
}
