import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { draftDataFolder } from './data-folder.ts'
import type { Footing } from './footing.ts'
import { boundLogFile, type Log } from './postgres-log.ts'
import { disarmPidFile, identify, type Postmaster, readPidFile, stopPostmaster } from './postmaster.ts'
import { fixedSettings, initialSettings, type ServerSettings } from './server-settings.ts'
import { PostgresStartError } from './start-error.ts'
import {
  findUnprivilegedUser,
  ownerOf,
  ownUserHasName,
  type RunAs,
  runAsUser,
  spawnAs
} from './unprivileged.ts'

export const SUPERUSER = 'postgres'

const POLL_MS = 10
const REPORT_EVERY_MS = 10_000

/** Makes the database in `footing.folder`: all of it, or nothing that a later start would take for one. */
export async function initialiseDatabase(
  footing: Footing,
  namespaces: boolean,
  settings: ServerSettings,
  signal?: AbortSignal
): Promise<void> {
  const runAs = await initialiser(footing.runAs, namespaces)
  const draft = await draftDataFolder(footing.folder, ownerOf(runAs))
  try {
    const options = [
      `--pgdata=${draft.data}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${draft.passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--no-locale',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...Object.entries(initialSettings).map(([name, value]) => `--set=${name}=${value}`)
    ]
    if (settings.fsync === 'off') options.push('--no-sync')
    const failure = await runAsUser(runAs, footing.binaries.initdb, options, signal)
    signal?.throwIfAborted()
    if (failure !== null) {
      throw new PostgresStartError(`The database could not be made in ${dirname(footing.folder)}: ${failure}`)
    }
    await draft.finish()
  } catch (error) {
    await draft.discard()
    throw error
  }
}

/**
 * initdb, other than the server it makes the folder for, looks up the name of its user. In a namespace it can
 * bear another's.
 */
async function initialiser(runAs: RunAs, namespaces: boolean): Promise<RunAs> {
  if (runAs.way !== 'self' || ownUserHasName()) return runAs
  const named = namespaces ? await findUnprivilegedUser() : null
  const inNamespace: RunAs | null = named && { way: 'namespace', ...named }
  if (inNamespace && (await runAsUser(inNamespace, '/bin/sh', ['-c', ':'])) === null) return inNamespace
  throw new PostgresStartError(
    `User ${ownerOf(runAs).uid}, as whom this server runs, has no name, which making a database needs. ` +
      'Add a line for it to /etc/passwd, run the server as a user that has one, or set DATABASE_URL.'
  )
}

/**
 * Starts PostgreSQL in a session of its own, so that Ctrl-C in the terminal reaches only this server, and
 * answers when it takes connections; crash recovery may take its time before. Throws PostgresStartError with
 * what it said when it ends instead.
 */
export async function startPostmaster(
  footing: Footing,
  logPath: string,
  settings: ServerSettings,
  log: Log,
  signal?: AbortSignal
): Promise<Postmaster> {
  signal?.throwIfAborted()
  await disarmPidFile(footing.folder)
  await boundLogFile(logPath)
  const output = await open(logPath, 'a', 0o600)
  try {
    const offset = (await output.stat()).size
    const options = Object.entries({ ...settings, ...fixedSettings }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`
    ])
    const child = spawnAs(footing.runAs, footing.binaries.postgres, ['-D', footing.folder, ...options], {
      stdio: ['ignore', output.fd, output.fd],
      detached: true
    })
    await once(child, 'spawn')
    child.unref()
    const postmaster = await identify(child.pid ?? 0)
    if (!postmaster || !(await becomesReady(footing.folder, postmaster, log, signal))) {
      const said = (await readFile(logPath)).subarray(offset).toString().slice(-2000).trim()
      throw new PostgresStartError(`PostgreSQL ended while it started, and said: ${said || 'nothing'}`)
    }
    return postmaster
  } finally {
    await output.close()
  }
}

/** Waits until PostgreSQL takes connections; false when it is gone instead. */
export async function becomesReady(
  folder: string,
  postmaster: Postmaster,
  log: Log,
  signal?: AbortSignal
): Promise<boolean> {
  for (let waited = 0; ; waited += POLL_MS) {
    if ((await identify(postmaster.pid))?.startTime !== postmaster.startTime) return false
    const file = await readPidFile(folder)
    if (file?.pid === postmaster.pid && file.status === 'ready') return true
    if (signal?.aborted) {
      await stopPostmaster(postmaster, 10_000)
      signal.throwIfAborted()
    }
    if (waited > 0 && waited % REPORT_EVERY_MS === 0) {
      log.info(
        { pid: postmaster.pid, status: file?.status },
        'embedded PostgreSQL: still waiting for it to be ready'
      )
    }
    await wait(POLL_MS)
  }
}
