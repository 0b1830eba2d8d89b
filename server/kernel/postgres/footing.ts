import { randomBytes } from 'node:crypto'
import { chown, mkdtemp, rm, rmdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Binaries, copyBinaries } from './binaries.ts'
import { type DataFolder, handOverTree, makePassableFolder } from './data-folder.ts'
import type { Log } from './postgres-log.ts'
import { PostgresStartError } from './start-error.ts'
import {
  effectiveUid,
  findUnprivilegedUser,
  ownerOf,
  type RunAs,
  runAsUser,
  type User
} from './unprivileged.ts'

/** What PostgreSQL runs as, from which programs, on which folder. */
export interface Footing {
  runAs: RunAs
  binaries: Binaries
  folder: string
}

export interface Ground {
  dataDir: string
  data: DataFolder
  binaries: Binaries
  /** Whether user namespaces may be tried. */
  namespaces: boolean
  /** Where programs and data go when PostgreSQL's user can reach them nowhere else. */
  fallbackDir: string
  log: Log
}

/**
 * Finds a way in which PostgreSQL really can run here, by trying. Who owns an existing database says how it
 * was run before, and that way is tried first, so the choice is stable; where it has become impossible (a
 * parent folder closed, namespaces forbidden) the database is handed over to another. Throws
 * PostgresStartError naming the ways out when there is none.
 */
export async function findFooting(ground: Ground): Promise<Footing> {
  const { data, binaries, log } = ground
  const refusals: string[] = []
  for (const runAs of await waysToTry(ground)) {
    const refusal = await tryToRun(runAs, binaries, dirname(data.path))
    if (refusal === null) return await settle(ground, { runAs, binaries, folder: data.path })
    refusals.push(`${describe(runAs)}: ${refusal}`)
  }
  const user = effectiveUid() === 0 ? await userFor(data.owner) : null
  if (user) {
    const runAs: RunAs = { way: 'user', ...user }
    await makePassableFolder(ground.fallbackDir)
    const copy = await copyBinaries(binaries, ground.fallbackDir)
    log.warn(
      { binaries: copy.root },
      'embedded PostgreSQL: the programs were copied to where its user can reach them'
    )
    let refusal = await tryToRun(runAs, copy, dirname(data.path))
    if (refusal === null) return await settle(ground, { runAs, binaries: copy, folder: data.path })
    refusals.push(`${describe(runAs)}, with the programs in ${copy.root}: ${refusal}`)
    if (data.owner === null) {
      const parent = await makePassableFolder(join(ground.fallbackDir, randomBytes(8).toString('hex')))
      refusal = await tryToRun(runAs, copy, parent)
      if (refusal === null)
        return await moveOut(ground, { runAs, binaries: copy, folder: join(parent, 'postgres') })
      refusals.push(`${describe(runAs)}, with everything in ${ground.fallbackDir}: ${refusal}`)
    }
  }
  throw new PostgresStartError(impossible(ground, refusals))
}

async function userFor(owner: User | null): Promise<User | null> {
  return owner && owner.uid !== 0 ? owner : await findUnprivilegedUser()
}

async function waysToTry({ data, namespaces }: Ground): Promise<RunAs[]> {
  if (effectiveUid() !== 0) return [{ way: 'self' }]
  const user = await userFor(data.owner)
  if (!user) return []
  const asUser: RunAs = { way: 'user', ...user }
  if (!namespaces) return [asUser]
  const named = (await findUnprivilegedUser()) ?? user
  const inNamespace: RunAs = { way: 'namespace', ...named }
  return data.owner?.uid === 0 ? [inNamespace, asUser] : [asUser, inNamespace]
}

/** Starts the real program as the user, beside the data; null when it works, else what went wrong. */
async function tryToRun(runAs: RunAs, binaries: Binaries, parent: string): Promise<string | null> {
  const owner = ownerOf(runAs)
  const probe = await mkdtemp(join(parent, 'postgres.new-'))
  try {
    await chown(probe, owner.uid, owner.gid)
    const script = '[ "$(id -u)" != 0 ] && cd "$1" && : > probe && "$2" --version && "$3" --version'
    return await runAsUser(runAs, '/bin/sh', ['-c', script, 'sh', probe, binaries.initdb, binaries.postgres])
  } finally {
    await rm(probe, { recursive: true, force: true })
  }
}

async function settle(ground: Ground, footing: Footing): Promise<Footing> {
  const wanted = ownerOf(footing.runAs)
  const { owner } = ground.data
  if (owner && owner.uid !== wanted.uid) {
    ground.log.warn(
      { folder: footing.folder, from: owner.uid, to: wanted.uid },
      'embedded PostgreSQL: its former user cannot be used any more, the database is handed over to another'
    )
    await handOverTree(footing.folder, wanted)
  }
  ground.log.info(
    { folder: footing.folder, way: describe(footing.runAs) },
    'embedded PostgreSQL: found how to run it'
  )
  return footing
}

async function moveOut(ground: Ground, footing: Footing): Promise<Footing> {
  const link = join(ground.dataDir, 'postgres')
  // At most an empty folder or a link that leads nowhere; anything else makes this fail.
  await rm(link, { force: true }).catch(() => rmdir(link))
  await symlink(footing.folder, link)
  ground.log.warn(
    { folder: footing.folder, link },
    'embedded PostgreSQL: its user cannot reach the data folder, so the database lives elsewhere: include it in backups'
  )
  return footing
}

function describe(runAs: RunAs): string {
  if (runAs.way === 'self') return 'as this server’s own user'
  if (runAs.way === 'user') return `as user ${runAs.uid}`
  return `in a user namespace as user ${runAs.uid}`
}

function impossible({ data }: Ground, refusals: string[]): string {
  const tried = refusals.length > 0 ? ` Tried: ${refusals.join('; ')}.` : ''
  if (effectiveUid() !== 0) {
    return `The embedded PostgreSQL cannot run here.${tried} Set DATABASE_URL to a PostgreSQL of your own.`
  }
  return (
    `PostgreSQL refuses to run as root, and no other way was found for ${data.path}.${tried} ` +
    'Ways out: start the server as an ordinary user; let a user named "postgres" or "nobody" pass through the folders above it ' +
    '(chmod o+x) or set EKSO_DATA_DIR to a folder where that is so; allow user namespaces; or set DATABASE_URL.'
  )
}
