import { type ConstructorOptions, fromKysely, type Job, PgBoss } from 'pg-boss'
import { monotonicMs } from './clock.ts'
import { connectionOptions, type DatabaseAddress, type Tx } from './db.ts'
import { isConnectionTrouble } from './db-trouble.ts'
import type { Log } from './log.ts'

/** What a job knows: ids and nothing else. Anything worth hiding stays in the row that the id names. */
export type JobIds = Record<string, string>

export type JobHandler = (ids: JobIds, signal: AbortSignal) => Promise<void>

export type QueueOptions = {
  /** How many jobs of this queue one process runs at a time. */
  concurrency?: number
  /** A job that runs longer counts as lost and is run again elsewhere. */
  maxSeconds: number
  /** Jobs with the same ids that still wait are one job. Only for handlers that cannot miss a change by it. */
  isCoalesced?: boolean
}

export type Jobs = {
  /** Says who runs the jobs of a queue. Before `start`, once per queue. The handler may run twice: it is idempotent. */
  handle(queue: string, options: QueueOptions, handler: JobHandler): void
  /** Runs a handler at start and then once per interval over all nodes together. Before `start`. */
  every(queue: string, intervalSeconds: number, handler: (signal: AbortSignal) => Promise<void>): void
  /** Queues a job in the caller's transaction: both are there or neither is. */
  enqueue(tx: Tx, queue: string, ids: JobIds, options?: { afterSeconds?: number }): Promise<void>
  /** Brings the queues into shape and begins to work. Throws when the database cannot be reached. */
  start(): Promise<void>
  /** Takes no more jobs and waits for the running ones, at most `waitSeconds`; the rest run again at the next start. */
  stop(waitSeconds?: number): Promise<void>
  /** Runs once no job runs any more: for what the handlers use until their last moment. */
  afterStop(end: () => void): void
}

type Queue = QueueOptions & { handler: JobHandler; intervalSeconds?: number; workerIds: string[] }

// A TypeID or a tenant's id: a mailed code or an address would not pass.
const idShape = /^(?:[a-z_]+_[0-9a-z]{26}|[0-9a-f]{12})$/

// A process that is killed stops its heartbeat. After 10 s the next pass of the monitor, at most
// `monitorSeconds` later, puts the job back, and the next poll runs it: half a minute in all.
const heartbeatSeconds = 10
const monitorSeconds = 12
const pollSeconds = 10

/** Opens the background work of this process. Nothing runs and no connection is made before `start`. */
export function openJobs(address: DatabaseAddress, log: Log): Jobs {
  const boss = makeBoss(address)
  reportTroubles(boss, log)
  const queues = new Map<string, Queue>()
  const timers: NodeJS.Timeout[] = []
  const ends: (() => void)[] = []
  const add = (name: string, queue: Queue): void => {
    if (queues.has(name)) throw new Error(`the queue ${name} has a handler already`)
    queues.set(name, queue)
  }
  return {
    handle: (name, options, handler) => add(name, { ...options, handler, workerIds: [] }),
    every: (name, intervalSeconds, handler) =>
      add(name, {
        maxSeconds: 600,
        isCoalesced: true,
        intervalSeconds,
        workerIds: [],
        handler: (_ids, signal) => handler(signal)
      }),
    enqueue: async (tx, name, ids, options = {}) => {
      const queue = queues.get(name)
      if (!queue) throw new Error(`the queue ${name} has no handler`)
      await boss.send(name, checkIds(ids), {
        db: fromKysely(tx),
        ...(queue.isCoalesced ? { singletonKey: Object.values(ids).join('/') } : {}),
        ...(options.afterSeconds ? { startAfter: options.afterSeconds } : {})
      })
      if (options.afterSeconds) wakeLater(boss, queue, options.afterSeconds)
    },
    start: async () => {
      await boss.start()
      for (const [name, queue] of queues) {
        await startQueue(boss, log, name, queue)
        if (queue.intervalSeconds) timers.push(await repeat(boss, log, name, queue.intervalSeconds))
      }
    },
    stop: async (waitSeconds = 10) => {
      for (const timer of timers) clearInterval(timer)
      await boss.stop({ graceful: true, timeout: waitSeconds * 1000 })
      for (const end of ends.splice(0)) end()
    },
    afterStop: (end) => void ends.push(end)
  }
}

// pg-boss opens its own pool and one listening connection, from the options that kernel/db.ts hands to
// every connection: three in all.
function makeBoss(address: DatabaseAddress): PgBoss {
  return new PgBoss({
    ...(connectionOptions(address) as ConstructorOptions),
    application_name: 'ekso-jobs',
    max: 2,
    schema: 'pgboss',
    useListenNotify: true,
    // Its cron and its job graphs are not used and would poll all day.
    schedule: false,
    flowIntervalSeconds: 3600,
    superviseIntervalSeconds: monitorSeconds,
    monitorIntervalSeconds: monitorSeconds,
    maintenanceIntervalSeconds: 3600
  })
}

async function startQueue(boss: PgBoss, log: Log, name: string, queue: Queue): Promise<void> {
  const options = {
    retryLimit: 100,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 300,
    expireInSeconds: queue.maxSeconds,
    heartbeatSeconds,
    deleteAfterSeconds: 3600,
    notify: true
  }
  // `short` means: one waiting job per key. A queue that is there already keeps its policy.
  await boss.createQueue(name, { ...options, policy: queue.isCoalesced ? 'short' : 'standard' })
  await boss.updateQueue(name, options)
  for (let worker = 0; worker < (queue.concurrency ?? 1); worker++) await startWorker(boss, log, name, queue)
}

// Workers of pg-boss rest after each job until the next poll, even when more jobs wait; so each is told to
// look again when it has finished one. That is why they are started one by one: told by their own id.
async function startWorker(boss: PgBoss, log: Log, name: string, queue: Queue): Promise<void> {
  const options = { pollingIntervalSeconds: pollSeconds, notifyPollingIntervalSeconds: pollSeconds }
  let workerId = ''
  workerId = await boss.work<JobIds>(name, options, async (jobs) => {
    for (const job of jobs) await runJob(log, name, queue, job).finally(() => boss.notifyWorker(workerId))
  })
  queue.workerIds.push(workerId)
}

// PostgreSQL tells of a job when it is queued, not when its time has come. Other processes see it by their poll.
function wakeLater(boss: PgBoss, queue: Queue, afterSeconds: number): void {
  const wake = () => {
    for (const workerId of queue.workerIds) boss.notifyWorker(workerId)
  }
  setTimeout(wake, afterSeconds * 1000 + 100).unref()
}

async function runJob(log: Log, name: string, queue: Queue, job: Job<JobIds>): Promise<void> {
  try {
    await queue.handler(job.data ?? {}, job.signal)
  } catch (err) {
    log.error({ err, queue: name, job: job.id }, 'a job failed and will be tried again')
    // pg-boss keeps what is thrown in its table; an error's own words may hold an address or worse.
    throw new Error('failed; the log of the server says why')
  }
}

// A slot of the interval is filled once over all nodes; a start does not wait for the next slot.
async function repeat(
  boss: PgBoss,
  log: Log,
  name: string,
  intervalSeconds: number
): Promise<NodeJS.Timeout> {
  await boss.send(name, {})
  const fill = () =>
    boss.send(name, {}, { singletonSeconds: intervalSeconds }).catch((err: unknown) => {
      log.warn({ err, queue: name }, 'a periodic job could not be queued')
    })
  return setInterval(() => void fill(), intervalSeconds * 1000).unref()
}

function checkIds(ids: JobIds): JobIds {
  for (const [member, id] of Object.entries(ids))
    if (!idShape.test(id)) throw new Error(`the job member ${member} is not an id`)
  return ids
}

// An error event without a listener would end the process. While PostgreSQL is away every poll fails:
// it is told once a minute, and pg-boss resumes by itself.
function reportTroubles(boss: PgBoss, log: Log): void {
  let quietUntilMs = 0
  boss.on('error', (found) => {
    const err = asError(found)
    if (!isConnectionTrouble(err)) return log.error({ err }, 'background work had an error')
    if (monotonicMs() < quietUntilMs) return
    quietUntilMs = monotonicMs() + 60_000
    log.warn({ err }, 'background work cannot reach the database and keeps trying')
  })
  boss.on('warning', ({ message }) => log.warn({ warning: message }, 'background work has a warning'))
}

// Errors of its workers arrive as plain objects with an error's members.
function asError(found: unknown): Error {
  if (found instanceof Error) return found
  const { message, code } = (found ?? {}) as { message?: string; code?: string }
  return Object.assign(new Error(message ?? 'unknown'), code === undefined ? {} : { code })
}
