import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Db } from '../db.ts'
import type { Jobs } from '../jobs.ts'
import type { Means } from '../means.ts'
import type { Outbound } from '../outbound.ts'
import type { Secrets } from '../secrets.ts'
import type { FindSession } from '../session-type.ts'
import type { Settings } from '../settings.ts'
import type { Http } from './http-type.ts'
import type { Once } from './once.ts'

/** What the server is made of; `main.ts` brings real parts, a test its own clock and database. */
export type Parts = {
  settings: Settings
  db: Db
  jobs: Jobs
  secrets: Secrets
  clock: Clock
  log: Logger
  outbound: Outbound
  /** The public URL in force, as stored or set. */
  publicUrl: () => URL
  /** Looks for a public URL that was stored just now; other processes find it within seconds. */
  rereadPublicUrl: () => Promise<void>
  isReady: () => Promise<boolean>
}

/** What a feature's doors are handed. */
export type App = Parts & {
  http: Http
  once: Once
  means: () => Means
  /** Who is signed in with a browser's token; doors ask `findSession` of browser-session.ts. */
  findSession: FindSession
}
