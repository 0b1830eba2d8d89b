/** Of the main server process: name and value. They go before those of postgresql.conf. */
export type ServerSettings = Record<string, string>

/**
 * Written into postgresql.conf once, when the data folder is made: a small server; an operator may change
 * them there.
 */
export const initialSettings: ServerSettings = {
  max_connections: '60',
  shared_buffers: '64MB',
  huge_pages: 'off',
  jit: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  min_wal_size: '32MB',
  max_wal_size: '512MB',
  io_method: 'sync',
  max_logical_replication_workers: '0',
  max_worker_processes: '4',
  max_parallel_workers: '2',
  autovacuum_max_workers: '2',
  autovacuum_worker_slots: '2',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // In the order of PostgreSQL "log" stands above "error": failed statements, which carry people's data, stay
  // out.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse'
}

/** The name of the socket follows from it; nothing listens on the network. */
export const PORT = 5432

/**
 * What this server relies on. A Unix socket in the data folder instead of loopback TCP: no other user of the
 * machine can connect, nobody can take the port while PostgreSQL is down and ask our pools for the password,
 * it stays the same over restarts, and it is faster.
 */
export const fixedSettings: ServerSettings = {
  listen_addresses: '',
  port: String(PORT),
  unix_socket_directories: '.',
  unix_socket_permissions: '0700',
  logging_collector: 'off',
  log_destination: 'stderr'
}
