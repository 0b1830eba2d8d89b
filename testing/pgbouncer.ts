import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionSettings } from '#server/kernel/postgres/embedded-postgres.ts'
import { freePort } from './running-server.ts'

/** Where the pooler is; Debian keeps it out of an ordinary user's PATH. */
const program = [...(process.env.PATH ?? '').split(':'), '/usr/sbin']
  .map((folder) => join(folder, 'pgbouncer'))
  .find((path) => existsSync(path))

/** The reason to skip a test that needs PgBouncer; false where it must run: when it is here, or in CI. */
export const withoutPgbouncer =
  program === undefined && !process.env.CI && 'pgbouncer is not installed (apt-get install pgbouncer)'

// It refuses to run as root.
const nobody = 65_534

/** Starts a PgBouncer in front of a database; it ends with the test. Answers how to connect to it. */
export async function startPgbouncer(
  t: { after(end: () => Promise<void>): void },
  database: ConnectionSettings,
  settings: Record<string, string>
): Promise<{ connectionString: string }> {
  if (program === undefined) throw new Error('pgbouncer is not installed')
  const folder = await mkdtemp(join(tmpdir(), 'ekso-pgbouncer-'))
  const file = join(folder, 'pgbouncer.ini')
  const port = await freePort()
  const { user, password, database: name } = database
  const backendPort = await openBackend(t, database)
  const all = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'any',
    ...settings
  }
  const lines = Object.entries(all).map(([key, value]) => `${key} = ${value}`)
  const target = `host=127.0.0.1 port=${backendPort} dbname=${name} user=${user} password=${password}`
  await writeFile(file, `[databases]\n${name} = ${target}\n[pgbouncer]\n${lines.join('\n')}\n`, {
    mode: 0o600
  })
  const isRoot = process.getuid?.() === 0
  if (isRoot) {
    await Promise.all([chown(folder, nobody, nobody), chown(file, nobody, nobody), chmod(folder, 0o700)])
  }
  const child = spawn(program, [file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(isRoot ? { uid: nobody, gid: nobody } : {})
  })
  t.after(async () => {
    await endProcess(child)
    await rm(folder, { recursive: true, force: true })
  })
  await waitForPort(child, port)
  return { connectionString: `postgres://${user}:x@127.0.0.1:${port}/${name}` }
}

// The socket of the tests' PostgreSQL is open to its own user alone, who may not be whom the pooler can run as.
async function openBackend(
  t: { after(end: () => Promise<void>): void },
  { host, port }: ConnectionSettings
): Promise<number> {
  const server = createServer((client) => {
    const backend = connect(join(host, `.s.PGSQL.${port}`))
    client.on('error', () => backend.destroy()).pipe(backend)
    backend.on('error', () => client.destroy()).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(async () => void server.close())
  return (server.address() as AddressInfo).port
}

async function waitForPort(child: ChildProcess, port: number): Promise<void> {
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part) => (log += String(part)))
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 25) {
    if (child.exitCode !== null) break
    if (await isOpen(port)) return
    await sleep(25)
  }
  throw new Error(`pgbouncer did not start:\n${log}`)
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}
