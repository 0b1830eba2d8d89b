import { randomBytes } from 'node:crypto'
import type { Stats } from 'node:fs'
import {
  chmod,
  chown,
  lchown,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat
} from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { MAJOR_VERSION } from './binaries.ts'
import type { Log } from './postgres-log.ts'
import { codeOf, messageOf, PostgresStartError } from './start-error.ts'
import { effectiveUid, type User } from './unprivileged.ts'

/** Where the database is, or will be when it is not made yet (`owner` null). */
export interface DataFolder {
  path: string
  owner: User | null
}

export interface Passwords {
  superuser: string
  ekso: string
}

const PASSWORDS = 'ekso-passwords.json'
const DRAFT = 'postgres.new-'

/**
 * Makes a folder that other users may pass through, if there is none; those that exist are left as they are.
 */
export async function makePassableFolder(path: string): Promise<string> {
  const made = await mkdir(path, { recursive: true })
  const inner = await realpath(path)
  if (made !== undefined && effectiveUid() === 0) {
    const first = await realpath(made)
    for (let folder = inner; folder.startsWith(first); folder = dirname(folder)) await chmod(folder, 0o711)
  }
  return inner
}

/**
 * Looks at `<dataDir>/postgres`, which may be a link to a place that PostgreSQL's user can reach. Throws
 * PostgresStartError when what stands there is of another version, is no database, or belongs to somebody
 * whose files this process cannot use.
 */
export async function inspectDataFolder(dataDir: string): Promise<DataFolder> {
  const given = join(dataDir, 'postgres')
  const entry = await statOrNull(lstat(given))
  if (!entry) return { path: given, owner: null }
  const path = entry.isSymbolicLink() ? resolve(dataDir, await readlink(given)) : given
  const folder = await statOrNull(stat(path))
  if (!folder && !(await statOrNull(stat(dirname(path))))) {
    throw new PostgresStartError(
      `${given} points to ${path}, which is not there. Bring that folder back, or remove the link to begin with an empty database.`
    )
  }
  if (!folder) return { path, owner: null }
  const owner = { uid: folder.uid, gid: folder.gid }
  if (effectiveUid() !== 0 && owner.uid !== effectiveUid()) {
    throw new PostgresStartError(
      `The database in ${path} belongs to user ${owner.uid}, this server runs as user ${effectiveUid()}. ` +
        `Start it as that user, or stop it and run "chown -R ${effectiveUid()} ${path}".`
    )
  }
  if ((await readdir(path)).length === 0) return { path, owner: null }
  await checkVersion(path)
  return { path: await realpath(path), owner }
}

async function statOrNull(pending: Promise<Stats>): Promise<Stats | null> {
  try {
    return await pending
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

async function checkVersion(path: string): Promise<void> {
  const text = await readFile(join(path, 'PG_VERSION'), 'utf8').catch((error: unknown) => {
    throw new PostgresStartError(
      `${path} is not empty and is no PostgreSQL data folder (it has no PG_VERSION). Move it away.`,
      error
    )
  })
  const version = text.trim()
  if (version === MAJOR_VERSION) return
  const isNewer = Number.parseFloat(version) > Number(MAJOR_VERSION)
  throw new PostgresStartError(
    `The database in ${path} is of PostgreSQL ${version}; this server brings PostgreSQL ${MAJOR_VERSION}. ` +
      (isNewer
        ? 'Start a version of the server that brings at least that one, or move the folder away.'
        : `Dump it with PostgreSQL ${version} and restore it into a new one, or run PostgreSQL ${version} yourself and set DATABASE_URL.`)
  )
}

/** Reads the passwords that were made together with the database. */
export async function readPasswords(folder: string): Promise<Passwords> {
  const path = join(folder, PASSWORDS)
  try {
    const { superuser, ekso } = JSON.parse(await readFile(path, 'utf8')) as Partial<Passwords>
    if (superuser && ekso) return { superuser, ekso }
  } catch (error) {
    throw new PostgresStartError(
      `The passwords of the embedded PostgreSQL cannot be read from ${path}; bring that file back from a backup.`,
      error
    )
  }
  throw new PostgresStartError(`${path} lacks a password; bring that file back from a backup.`)
}

/** A data folder in the making. Nothing takes it for a database before `finish` has put it in its place. */
export interface Draft {
  data: string
  passwordFile: string
  finish(): Promise<void>
  discard(): Promise<void>
}

/**
 * Begins a data folder beside its later place, so that being killed halfway leaves nothing that looks like a
 * database.
 */
export async function draftDataFolder(path: string, owner: User): Promise<Draft> {
  const parent = dirname(path)
  const nest = await mkdtemp(join(parent, DRAFT))
  const data = join(nest, 'data')
  const passwordFile = join(nest, 'password')
  const passwords: Passwords = {
    superuser: randomBytes(24).toString('hex'),
    ekso: randomBytes(24).toString('hex')
  }
  await chown(nest, owner.uid, owner.gid)
  await writeDurably(passwordFile, passwords.superuser, owner)
  return {
    data,
    passwordFile,
    finish: async () => {
      await writeDurably(join(data, PASSWORDS), `${JSON.stringify(passwords)}\n`, owner)
      await syncFolder(data)
      await putInPlace(data, path)
      await syncFolder(parent)
      await rm(nest, { recursive: true, force: true })
    },
    discard: () => rm(nest, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function putInPlace(data: string, path: string): Promise<void> {
  try {
    await rename(data, path)
  } catch (error) {
    if (codeOf(error) !== 'EXDEV' && codeOf(error) !== 'EBUSY') throw error
    throw new PostgresStartError(
      `${path} is a mount of its own. Mount the volume on the folder above it (EKSO_DATA_DIR).`,
      error
    )
  }
}

/**
 * Removes what a server that was killed while making the database has left. Only for the holder of the
 * folder's lock.
 */
export async function removeDrafts(parent: string, log: Log): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(DRAFT)) continue
    try {
      await rm(join(parent, name), { recursive: true, force: true, maxRetries: 3 })
      log.info(
        { folder: join(parent, name) },
        'embedded PostgreSQL: removed a database that was never finished'
      )
    } catch (error) {
      log.warn(
        { folder: join(parent, name), reason: messageOf(error) },
        'embedded PostgreSQL: cannot remove a draft'
      )
    }
  }
}

/** Hands a whole data folder over; itself last, so that its owner is the old one until all is done. */
export async function handOverTree(folder: string, owner: User): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await lchown(join(entry.parentPath, entry.name), owner.uid, owner.gid)
  }
  await chown(folder, owner.uid, owner.gid)
}

async function writeDurably(path: string, text: string, owner: User): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    if (owner.uid !== effectiveUid()) await file.chown(owner.uid, owner.gid)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
