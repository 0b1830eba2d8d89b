import type { Tx } from './db.ts'
import type { Jobs } from './jobs.ts'
import type { Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'

/** Ends one kind of access of a user: sessions, keys, grants, links. In the transaction of its cause. */
export type EndAccess = (tx: Tx, means: Means, of: { tenantId: string; userId: string }) => Promise<unknown>

/**
 * What a rule may use beside its transaction: the moment it judges by, keys, mail and the install's address.
 * Made anew for each request, so that one request has one `now`.
 */
export type Means = {
  now: Date
  secrets: Secrets
  jobs: Jobs
  /** The public URL in force: the stored one, else the setting (contract §5). */
  publicUrl: URL
  /** Whether that URL is localhost. */
  isLocalhost: boolean
  takesSignups: boolean
  settings: Settings
  /** What has to end when a user may no longer act; `app.ts` lists what the features have. */
  accessEnds: readonly EndAccess[]
}

/** Ends every way by which a user can act here, in this transaction. */
export async function endAccess(
  tx: Tx,
  means: Means,
  of: { tenantId: string; userId: string }
): Promise<void> {
  for (const end of means.accessEnds) await end(tx, means, of)
}
