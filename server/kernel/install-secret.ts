import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sql } from 'kysely'
import type { Db } from './db.ts'
import { isLocalhostUrl } from './public-url.ts'
import { makeSecrets, type Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'

const checkText = 'ekso'
const leastBytes = 32

/**
 * The install's secret: the setting, else the one kept in the data folder, else, on localhost alone, one made now and
 * kept with mode 600. Throws with the way out where none may be made (contract §5).
 */
export async function loadSecret(
  settings: Pick<Settings, 'secret' | 'dataDir' | 'publicUrl'>
): Promise<string> {
  if (settings.secret) return settings.secret
  const path = join(settings.dataDir, 'secret')
  const kept = await readKept(path)
  if (kept !== undefined) return kept
  if (!isLocalhostUrl(settings.publicUrl))
    throw new Error(
      'EKSO_SECRET is required when EKSO_PUBLIC_URL is not localhost. Make one with: openssl rand -base64 48'
    )
  await mkdir(settings.dataDir, { recursive: true })
  return (await keepNew(path)) ?? (await readKept(path)) ?? failure(path)
}

/**
 * Keys from the secret, once it has opened the check value that the database holds; the first server writes it.
 * Throws when the secret is not the one that this database was begun with.
 */
export async function openSecrets(db: Db, secret: string): Promise<Secrets> {
  const secrets = makeSecrets(secret)
  const checkValue = secrets.seal('check', checkText)
  const stored = await db.install(async (tx) => {
    await tx
      .insertInto('install')
      .values({ check_value: checkValue })
      .onConflict((c) => c.doNothing())
      .execute()
    const { rows } = await sql<{ check_value: Buffer }>`select check_value from install`.execute(tx)
    return rows[0]?.check_value
  })
  if (!stored || !opens(secrets, stored))
    throw new Error(
      'The secret does not belong to this database. Start with the EKSO_SECRET (or the kept secret file) that it was begun with.'
    )
  return secrets
}

function opens(secrets: Secrets, stored: Buffer): boolean {
  try {
    return secrets.open('check', stored) === checkText
  } catch {
    return false
  }
}

async function readKept(path: string): Promise<string | undefined> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!bytes) return undefined
  const secret = bytes.toString('utf8').trim()
  // A file full of zeros is what some file systems leave of a power cut.
  if (Buffer.byteLength(secret) < leastBytes || /[\p{Cc}\uFFFD]/u.test(secret)) return failure(path)
  return secret
}

// Under its name it appears whole or not at all, since another server may be starting beside this one. Flushed before
// it is used: a secret lost in a power cut would take everything sealed with it.
async function keepNew(path: string): Promise<string | undefined> {
  const secret = randomBytes(48).toString('base64url')
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  try {
    await writeFile(draft, `${secret}\n`, { flag: 'wx', mode: 0o600, flush: true })
    await link(draft, path)
    await flushFolder(dirname(path))
    return secret
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function failure(path: string): never {
  throw new Error(
    `${path} does not hold a secret of at least ${leastBytes} bytes. Restore it from a backup, or set EKSO_SECRET.`
  )
}
