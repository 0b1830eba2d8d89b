import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { freePort } from '../testing/running-server.ts'

/** A server in a process of its own that tells what it costs. */
export type WatchedServer = {
  port: number
  /** From its spawn to its first 200. */
  startedMs: number
  /** Its memory now, and how late its event loop came in one of a hundred turns since the last reset. */
  look(message?: 'reset' | 'look'): Promise<{ rssBytes: number; loopDelayP99Ms: number }>
  end(): Promise<void>
}

const root = new URL('..', import.meta.url)
const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  scripts: { start: string }
}
// As `npm start` has them, so that what is measured is what runs.
const flags = scripts.start.match(/--[a-z-]+=\S+/g) ?? []
const cache = /NODE_COMPILE_CACHE=(\S+)/.exec(scripts.start)?.[1] ?? ''

const watch = fileURLToPath(new URL('./watch-process.ts', import.meta.url))

/** Starts a file as a server and waits for its first 200 at `path`. Throws with its log when it ends instead. */
export async function startWatched(
  file: URL,
  environment: Record<string, string>,
  path: string
): Promise<WatchedServer> {
  const port = await freePort()
  const spawned = performance.now()
  const child = spawn(process.execPath, [...flags, '--import', watch, fileURLToPath(file)], {
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL(cache, root)),
      PATH: process.env.PATH ?? '',
      PORT: String(port),
      LOG_LEVEL: 'info',
      ...environment
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc']
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (part) => {
      log = (log + String(part)).slice(-4000)
    })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const url = `http://127.0.0.1:${port}${path}`
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(`The server ended:\n${log}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return {
    port,
    startedMs: performance.now() - spawned,
    look: (message = 'look') => askChild(child, message),
    end: async () => {
      child.kill('SIGTERM')
      await ended
    }
  }
}

async function answers(url: string): Promise<boolean> {
  const answer = await fetch(url).catch(() => undefined)
  await answer?.arrayBuffer()
  return answer?.ok ?? false
}

function askChild(
  child: ChildProcess,
  message: string
): Promise<{ rssBytes: number; loopDelayP99Ms: number }> {
  return new Promise((resolve) => {
    child.once('message', (answer) => resolve(answer as { rssBytes: number; loopDelayP99Ms: number }))
    child.send(message)
  })
}
