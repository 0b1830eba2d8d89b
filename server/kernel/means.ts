import type { Jobs } from './jobs.ts'
import type { Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'

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
}
