import type { Db, Tx } from './db.ts'
import type { Log } from './log.ts'
import { isLocalhostUrl } from './public-url.ts'
import type { Settings } from './settings.ts'

/**
 * The public URL in force: the one that the first-run wizard stored wins over a localhost setting (contract §4). A
 * setting that is not localhost cannot be changed by the wizard, and is the way by which an operator moves an install.
 */
export async function readPublicUrl(tx: Tx, settings: Pick<Settings, 'publicUrl'>): Promise<URL> {
  if (!isLocalhostUrl(settings.publicUrl)) return settings.publicUrl
  return (await readStoredUrl(tx)) ?? settings.publicUrl
}

async function readStoredUrl(tx: Tx): Promise<URL | undefined> {
  const install = await tx.selectFrom('install').select('public_url').executeTakeFirst()
  return install?.public_url ? new URL(install.public_url) : undefined
}

/** The URL in force as this process knows it. */
export type PublicUrlWatch = {
  /** At most a few seconds old, also when another process stored another one. */
  current(): URL
  /** Reads it again now: for the process that stored it. Never throws. */
  reread(): Promise<void>
  close(): void
}

const rereadMs = 2000

/** Reads the URL in force and goes on looking for a change. Throws when the database cannot be reached. */
export async function watchPublicUrl(parts: {
  db: Db
  settings: Pick<Settings, 'publicUrl'>
  log: Log
}): Promise<PublicUrlWatch> {
  const { db, settings, log } = parts
  let current = await db.install((tx) => readPublicUrl(tx, settings))
  await warnOfAnother(parts)
  const look = async () => {
    const found = await db
      .install((tx) => readPublicUrl(tx, settings))
      .catch((err: unknown) => {
        log.debug({ err }, 'the public URL could not be read again and stays as it was')
        return current
      })
    if (found.href === current.href) return
    log.info({ publicUrl: found.origin, before: current.origin }, 'the public URL has changed')
    current = found
  }
  // One after the other: a slow look must not bring back what a later one found changed.
  let last = Promise.resolve()
  const reread = () => {
    last = last.then(look)
    return last
  }
  // Only the wizard changes it, and only while the setting is localhost.
  const timer = isLocalhostUrl(settings.publicUrl) ? setInterval(() => void reread(), rereadMs) : undefined
  timer?.unref()
  return { current: () => current, reread, close: () => clearInterval(timer) }
}

async function warnOfAnother({ db, settings, log }: Parameters<typeof watchPublicUrl>[0]): Promise<void> {
  const stored = await db.install(readStoredUrl)
  if (!stored || isLocalhostUrl(settings.publicUrl) || stored.origin === settings.publicUrl.origin) return
  log.warn(
    { publicUrl: settings.publicUrl.origin, stored: stored.origin },
    'EKSO_PUBLIC_URL is another one than the first-run wizard stored, and counts'
  )
}
