import {
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres
} from '#server/kernel/postgres/embedded-postgres.ts'

// A server that is nothing but its PostgreSQL, as a process that a test can kill: options as JSON in its
// argument, one line of JSON out.

const log = { info: () => {}, warn: () => {}, error: () => {} }
const options = JSON.parse(process.argv[2] ?? '{}') as Omit<EmbeddedPostgresOptions, 'log' | 'signal'>
try {
  const server = await startEmbeddedPostgres({ ...options, log })
  const { connection, superuser } = server
  // Before the line, at which the test may already send it.
  process.once('SIGTERM', () => void server.stop())
  process.stdout.write(`${JSON.stringify({ pid: server.pid(), connection, superuser })}\n`)
} catch (error) {
  process.stdout.write(
    `${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`
  )
}
