import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { codeOf, messageOf } from './start-error.ts'

/**
 * As whom PostgreSQL, which refuses to be root, runs: as this process's own user, as another one that root
 * hands over to, or in a user namespace, in which this process's user bears another number and still reaches
 * its own files.
 */
export type RunAs =
  | { way: 'self' }
  | { way: 'user'; uid: number; gid: number }
  | { way: 'namespace'; uid: number; gid: number }

/** An entry of the user database. */
export interface User {
  uid: number
  gid: number
}

// Nothing of the server's environment (secrets, proxies, locales) reaches PostgreSQL.
const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin',
  LC_ALL: 'C'
}

export function effectiveUid(): number {
  return process.geteuid?.() ?? 0
}

/** The user who, seen from outside, owns what a process run this way writes. */
export function ownerOf(runAs: RunAs): User {
  if (runAs.way === 'user') return { uid: runAs.uid, gid: runAs.gid }
  return { uid: effectiveUid(), gid: process.getegid?.() ?? 0 }
}

/**
 * Starts a program as the given user, from the root folder (its own may be barred) and with an empty
 * environment.
 */
export function spawnAs(runAs: RunAs, program: string, args: string[], options: SpawnOptions): ChildProcess {
  const common = { ...options, cwd: '/', env: environment }
  if (runAs.way === 'self') return spawn(program, args, common)
  if (runAs.way === 'user') return spawn(program, args, { ...common, uid: runAs.uid, gid: runAs.gid })
  const mapping = ['--user', `--map-user=${runAs.uid}`, `--map-group=${runAs.gid}`]
  return spawn('unshare', [...mapping, '--', program, ...args], common)
}

/** Runs a program to its end; answers null when it succeeded, otherwise the last of what it said. */
export function runAsUser(
  runAs: RunAs,
  program: string,
  args: string[],
  signal?: AbortSignal
): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawnAs(runAs, program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
      ...(signal && { signal, killSignal: 'SIGTERM' })
    })
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000)
    })
    child.on('error', (error) => resolve(messageOf(error)))
    child.on('close', (code, killedBy) =>
      resolve(code === 0 ? null : said.trim() || `ended with ${killedBy ?? `exit code ${code}`}`)
    )
  })
}

/** A user without rights to hand over to: `postgres`, else `nobody`. initdb wants one that has a name. */
export async function findUnprivilegedUser(): Promise<User | null> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n')
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? []
    if (Number(uid) > 0 && Number(gid) > 0) return { uid: Number(uid), gid: Number(gid) }
  }
  return null
}

/** Containers often run under a number that no user has; initdb looks its name up and gives up without. */
export function ownUserHasName(): boolean {
  try {
    userInfo()
    return true
  } catch (error) {
    if (codeOf(error) === 'ERR_SYSTEM_ERROR') return false
    throw error
  }
}
