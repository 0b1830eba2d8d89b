import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** A server as a stranger starts it: a process of its own with its own port. */
export type RunningServer = {
  process: ChildProcess
  url: string
  port: number
  /** The lines of its log so far. */
  lines: string[]
  /** Fetches from it; `host` names a workspace, since `*.localhost` need not resolve. */
  call(what: string, options?: { body?: unknown; headers?: Record<string, string> }): Promise<Response>
  /** Sends a signal and waits for the end; answers the exit code, or the signal's name. */
  end(signal?: NodeJS.Signals): Promise<number | string | null>
}

const mainFile = fileURLToPath(new URL('../server/main.ts', import.meta.url))

/** Starts `server/main.ts` with this environment alone and waits until it is ready. Throws with its log if it ends instead. */
export async function startServer(
  t: Pick<TestContext, 'after'>,
  environment: Record<string, string>,
  options: { uid?: number; gid?: number } = {}
): Promise<RunningServer> {
  const port = Number(environment.PORT ?? (await freePort()))
  const server = launch({ PORT: String(port), EKSO_RATE_LIMIT: '0', ...environment }, options)
  t.after(() => server.end('SIGKILL'))
  while (!server.lines.some((line) => line.includes('Ekso is ready'))) {
    if (server.hasEnded()) throw new Error(`The server ended:\n${server.lines.join('\n')}`)
    await sleep(20)
  }
  return {
    ...server,
    port,
    url: `http://localhost:${port}`,
    call: (what, call = {}) => callServer(port, what, call)
  }
}

/** Starts a server that is expected to refuse; answers its exit code and log. */
export async function startRefused(
  environment: Record<string, string>
): Promise<{ code: unknown; log: string }> {
  const server = launch({ PORT: String(await freePort()), ...environment }, {})
  const code = await server.ended
  return { code, log: server.lines.join('\n') }
}

function launch(environment: Record<string, string>, options: { uid?: number; gid?: number }) {
  const child = spawn(process.execPath, [mainFile], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options
  })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => lines.push(...text.split('\n').filter(Boolean)))
  let isOver = false
  const ended = new Promise<number | string | null>((resolve) => {
    const end = (how: number | string | null) => {
      isOver = true
      resolve(how)
    }
    child.once('close', (code, signal) => end(code ?? signal))
    // It could not even be started.
    child.once('error', (error) => end(error.message))
  })
  const end = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return ended
  }
  return { process: child, lines, ended, end, hasEnded: () => isOver }
}

async function callServer(
  port: number,
  what: string,
  options: { body?: unknown; headers?: Record<string, string> }
): Promise<Response> {
  const [method = 'GET', path = '/'] = what.split(' ')
  const hasBody = options.body !== undefined
  return fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { ...(hasBody ? { 'content-type': 'application/json' } : {}), ...options.headers },
    ...(hasBody ? { body: JSON.stringify(options.body) } : {})
  })
}

/** A port that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
