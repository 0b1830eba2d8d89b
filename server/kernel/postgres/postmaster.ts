import { readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { codeOf } from './start-error.ts'

/** The main process of a PostgreSQL server. The start time tells it from a later process with the same number. */
export interface Postmaster {
  pid: number
  startTime: string
}

const STEP_MS = 20

/** The start time of a living process (field 22 of /proc/pid/stat, man 5 proc); null when it is gone or a zombie. */
async function startTimeOf(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The second field is the name, in brackets, and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  return !state || state === 'Z' || state === 'X' ? null : (fields[19] ?? null)
}

export async function identify(pid: number): Promise<Postmaster | null> {
  const startTime = await startTimeOf(pid)
  return startTime === null ? null : { pid, startTime }
}

export async function isAlive(postmaster: Postmaster): Promise<boolean> {
  return (await startTimeOf(postmaster.pid)) === postmaster.startTime
}

/** Waits until the process is gone; answers whether it is, after so many milliseconds at most. */
export async function waitUntilGone(postmaster: Postmaster, milliseconds: number): Promise<boolean> {
  for (let waited = 0; waited < milliseconds; waited += STEP_MS) {
    if (!(await isAlive(postmaster))) return true
    await wait(STEP_MS)
  }
  return !(await isAlive(postmaster))
}

async function send(postmaster: Postmaster, signal: NodeJS.Signals): Promise<void> {
  if (!(await isAlive(postmaster))) return
  try {
    process.kill(postmaster.pid, signal)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

/**
 * Ends PostgreSQL and waits until it is gone: fast shutdown (sessions are ended, everything is written), after `patienceMs` the
 * immediate one (the next start recovers from the log), at last SIGKILL. Answers the signal that did it.
 */
export async function stopPostmaster(postmaster: Postmaster, patienceMs: number): Promise<NodeJS.Signals> {
  await send(postmaster, 'SIGINT')
  if (await waitUntilGone(postmaster, patienceMs)) return 'SIGINT'
  // It kills children that do not end by themselves after five seconds.
  await send(postmaster, 'SIGQUIT')
  if (await waitUntilGone(postmaster, 8000)) return 'SIGQUIT'
  await send(postmaster, 'SIGKILL')
  await waitUntilGone(postmaster, 2000)
  return 'SIGKILL'
}

interface PidFile {
  pid: number
  status: string
}

/** Reads postmaster.pid: the process in its first line, what it is doing (`starting`, `ready`, …) in the eighth. */
export async function readPidFile(folder: string): Promise<PidFile | null> {
  const text = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => null)
  if (text === null) return null
  const lines = text.split('\n')
  return { pid: Number.parseInt(lines[0] ?? '', 10), status: (lines[7] ?? '').trim() }
}

/**
 * Finds the PostgreSQL that serves this data folder. The process named in postmaster.pid counts only when it is a postgres that works
 * in this very folder: after a crash the file is stale and its number may belong to anyone.
 */
export async function findPostmaster(folder: string): Promise<Postmaster | null> {
  const file = await readPidFile(folder)
  if (!file || !(file.pid > 0)) return null
  try {
    const postmaster = await identify(file.pid)
    const [works, wanted] = await Promise.all([stat(`/proc/${file.pid}/cwd`), stat(folder)])
    const program = basename(await readlink(`/proc/${file.pid}/exe`))
    const isOurs = works.dev === wanted.dev && works.ino === wanted.ino && program.startsWith('postgres')
    return isOurs && postmaster && (await isAlive(postmaster)) ? postmaster : null
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(codeOf(error))) return null
    throw error
  }
}

/**
 * Makes a stale postmaster.pid harmless; call it only when findPostmaster found nobody. PostgreSQL refuses to start when
 * any process of its user bears the number in there. The file is not removed, since PostgreSQL finds in it the shared
 * memory by which it recognises orphaned sessions: our own number goes in, as a parent's is never taken for a rival's.
 */
export async function disarmPidFile(folder: string): Promise<void> {
  const path = join(folder, 'postmaster.pid')
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null) return
  await rm(join(folder, '.s.PGSQL.5432.lock'), { force: true })
  const lines = text.split('\n')
  if (Number.parseInt(lines[0] ?? '', 10) > 0) {
    await writeFile(path, [String(process.pid), ...lines.slice(1)].join('\n'))
  } else {
    await rm(path, { force: true })
  }
}
