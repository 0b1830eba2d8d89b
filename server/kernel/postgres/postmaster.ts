import { constants, type FileHandle, open, readFile, readlink, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { PORT } from './server-settings.ts'
import { codeOf } from './start-error.ts'

/**
 * The main process of a PostgreSQL server. The start time tells it from a later process with the same number.
 */
export interface Postmaster {
  pid: number
  startTime: string
}

const STEP_MS = 20

/**
 * The start time of a living process (field 22 of /proc/pid/stat, man 5 proc); null when it is gone or a
 * zombie.
 */
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
async function waitUntilGone(postmaster: Postmaster, milliseconds: number): Promise<boolean> {
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
 * Ends PostgreSQL and waits until it is gone: fast shutdown (sessions are ended, everything is written),
 * after `patienceMs` the immediate one (the next start recovers from the log), at last SIGKILL. Answers the
 * signal that did it.
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

/**
 * Reads postmaster.pid: the process in its first line, what it is doing (`starting`, `ready`, …) in the
 * eighth.
 */
export async function readPidFile(folder: string): Promise<PidFile | null> {
  const text = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => null)
  if (text === null) return null
  const lines = text.split('\n')
  return { pid: Number.parseInt(lines[0] ?? '', 10), status: (lines[7] ?? '').trim() }
}

/**
 * Finds the PostgreSQL that serves this data folder. The process named in postmaster.pid counts only when it
 * is a postgres that works in this very folder: after a crash the file is stale and its number may belong to
 * anyone.
 */
export async function findPostmaster(folder: string): Promise<Postmaster | null> {
  const file = await readPidFile(folder)
  if (!file || !(file.pid > 0)) return null
  const postmaster = await identify(file.pid)
  if (!postmaster || !(await serves(file.pid, folder)) || !(await isAlive(postmaster))) return null
  return postmaster
}

async function serves(pid: number, folder: string): Promise<boolean> {
  try {
    const [works, wanted] = await Promise.all([stat(`/proc/${pid}/cwd`), stat(folder)])
    const program = basename(await readlink(`/proc/${pid}/exe`))
    return works.dev === wanted.dev && works.ino === wanted.ino && program.startsWith('postgres')
  } catch (error) {
    if (codeOf(error) === 'EACCES' || codeOf(error) === 'EPERM') return await wasStartedOn(pid, folder)
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return false
    throw error
  }
}

/**
 * Containers take from root the right to look at other users' processes (CAP_SYS_PTRACE), all but their
 * arguments.
 */
async function wasStartedOn(pid: number, folder: string): Promise<boolean> {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
  return basename(words[0] ?? '') === 'postgres' && words[1] === '-D' && words[2] === folder
}

/**
 * Makes a stale postmaster.pid harmless; call it only when findPostmaster found nobody. PostgreSQL refuses to
 * start when any process of its user bears the number in there. The file is not removed, since PostgreSQL
 * finds in it the shared memory by which it recognises orphaned sessions: our own number goes in, as a
 * parent's is never taken for a rival's.
 */
export async function disarmPidFile(folder: string): Promise<void> {
  const path = join(folder, 'postmaster.pid')
  const text = await rewriteFile(path, (text) => text.replace(/^\d+/, String(process.pid)))
  if (text === null) return
  await rm(join(folder, `.s.PGSQL.${PORT}.lock`), { force: true })
  if (!/^\d/.test(text)) await rm(path, { force: true })
}

/**
 * The folder is another user's, to whom root must not be lured into writing elsewhere: links are not
 * followed.
 */
async function rewriteFile(path: string, change: (text: string) => string): Promise<string | null> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
  try {
    const text = await file.readFile('utf8')
    await file.truncate()
    await file.write(change(text), 0)
    return text
  } finally {
    await file.close()
  }
}
