import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'
import { type Claim, type ConnectionSettings, claimServer } from './claim.ts'
import { boundLogFile, type Log } from './postgres-log.ts'
import { findPostmaster, isAlive, type Postmaster, readPidFile, stopPostmaster } from './postmaster.ts'
import { becomesReady } from './server-process.ts'
import { codeOf, messageOf, PostgresStartError } from './start-error.ts'

/** A database that is there, and how to serve it. */
export interface Place {
  folder: string
  logPath: string
  superuser: ConnectionSettings
  /** Of the programs, like `18.4`; an older PostgreSQL found running is replaced. */
  version: string
  log: Log
  start(stopped?: AbortSignal): Promise<Postmaster>
}

const STOP_PATIENCE_MS = 20_000
const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 30_000
const STEADY_AFTER_MS = 60_000
const BOUND_LOG_EVERY_MS = 3_600_000
const PATIENCE_STEPS = 50

/** Keeps one PostgreSQL running and claimed, from `start` to `stop`. */
export class Supervisor {
  readonly #place: Place
  readonly #stopping = new AbortController()
  #postmaster: Postmaster | undefined
  #claim: Claim | undefined
  #recovery: Promise<void> = Promise.resolve()
  #delayMs = 0
  #steady: NodeJS.Timeout | undefined
  #logTimer: NodeJS.Timeout | undefined

  constructor(place: Place) {
    this.#place = place
  }

  get pid(): number {
    return this.#postmaster?.pid ?? 0
  }

  /**
   * Starts or adopts PostgreSQL, claims it and runs `prepare` on it; leaves nothing running when that fails.
   */
  async start(prepare: (client: pg.Client) => Promise<void>, signal?: AbortSignal): Promise<void> {
    const claim = await this.#raise(signal)
    try {
      await prepare(claim.client)
      signal?.throwIfAborted()
    } catch (error) {
      await this.stop()
      throw error
    }
    this.#watch(claim)
    this.#logTimer = setInterval(() => this.#boundLog(), BOUND_LOG_EVERY_MS).unref()
  }

  /** Ends PostgreSQL and waits until it is gone. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    clearInterval(this.#logTimer)
    clearTimeout(this.#steady)
    await this.#recovery
    const running = (await findPostmaster(this.#place.folder)) ?? this.#postmaster
    if (running && (await isAlive(running))) {
      const signal = await stopPostmaster(running, STOP_PATIENCE_MS)
      if (signal === 'SIGINT') this.#place.log.info({ pid: running.pid }, 'embedded PostgreSQL: stopped')
      else
        this.#place.log.warn({ pid: running.pid, signal }, 'embedded PostgreSQL: had to be stopped by force')
    }
    await this.#claim?.release()
  }

  async #raise(signal?: AbortSignal): Promise<Claim> {
    this.#claim = (await this.#adopt(signal)) ?? (await this.#startAndClaim(signal))
    return this.#claim
  }

  async #startAndClaim(signal?: AbortSignal): Promise<Claim> {
    const { folder, superuser, log } = this.#place
    const postmaster = await this.#startAfterOrphans(signal)
    this.#postmaster = postmaster
    log.info({ pid: postmaster.pid, folder }, 'embedded PostgreSQL: started')
    try {
      return await claimServer(superuser, folder)
    } catch (error) {
      await stopPostmaster(postmaster, STOP_PATIENCE_MS)
      throw error
    }
  }

  /**
   * Sessions of a main process that was killed end by themselves, but PostgreSQL does not start before they
   * have.
   */
  async #startAfterOrphans(signal?: AbortSignal): Promise<Postmaster> {
    for (let step = 0; ; step++) {
      try {
        return await this.#place.start(signal)
      } catch (error) {
        if (!messageOf(error).includes('pre-existing shared memory block') || step >= PATIENCE_STEPS)
          throw error
        await wait(FIRST_DELAY_MS, undefined, signal ? { signal } : {})
      }
    }
  }

  /** Claims a PostgreSQL that is running on our folder already; null when there is none, or none of use. */
  async #adopt(signal?: AbortSignal): Promise<Claim | null> {
    const { folder, version, log } = this.#place
    const living = await findPostmaster(folder)
    if (!living) return null
    if ((await readPidFile(folder))?.status === 'stopping') {
      await stopPostmaster(living, STOP_PATIENCE_MS)
      return null
    }
    if (!(await becomesReady(folder, living, log, signal))) return null
    const claim = await this.#claimLiving(living)
    if (claim && claim.version === version) {
      this.#postmaster = living
      log.warn({ pid: living.pid, folder }, 'embedded PostgreSQL: took over the one that was left running')
      return claim
    }
    log.warn(
      { pid: living.pid, version: claim?.version },
      'embedded PostgreSQL: the one left running is of no use'
    )
    await claim?.release()
    await stopPostmaster(living, STOP_PATIENCE_MS)
    return null
  }

  /**
   * Null when it cannot be reached at all. While it recovers from a crash of one of its sessions it only asks
   * for patience.
   */
  async #claimLiving(living: Postmaster): Promise<Claim | null> {
    const { folder, superuser } = this.#place
    for (let step = 0; step < PATIENCE_STEPS && (await isAlive(living)); step++) {
      try {
        return await claimServer(superuser, folder)
      } catch (error) {
        if (error instanceof PostgresStartError) throw error
        if (codeOf(error).startsWith('28')) {
          throw new PostgresStartError(`PostgreSQL does not take the password kept in ${folder}.`, error)
        }
        // It hangs; waiting longer would not help.
        if (messageOf(error).includes('timeout')) return null
        await wait(FIRST_DELAY_MS)
      }
    }
    return null
  }

  #watch(claim: Claim): void {
    this.#steady = setTimeout(() => {
      this.#delayMs = 0
    }, STEADY_AFTER_MS).unref()
    void claim.ended.then(() => {
      clearTimeout(this.#steady)
      if (!this.#stopping.signal.aborted) this.#recovery = this.#recover()
    })
  }

  /**
   * Tries until PostgreSQL is back; the address and the passwords stay, so pools find it again by themselves.
   */
  async #recover(): Promise<void> {
    const { log } = this.#place
    const { signal } = this.#stopping
    log.error({ pid: this.pid }, 'embedded PostgreSQL: lost, starting it again')
    while (!signal.aborted) {
      // None at first; grows also when it starts well but dies again at once.
      await wait(this.#delayMs, undefined, { signal }).catch(() => {})
      this.#delayMs = Math.min(Math.max(this.#delayMs * 2, FIRST_DELAY_MS), LONGEST_DELAY_MS)
      if (signal.aborted) return
      try {
        const claim = await this.#raise(signal)
        this.#watch(claim)
        log.warn({ pid: this.pid }, 'embedded PostgreSQL: is back')
        return
      } catch (error) {
        if (signal.aborted) return
        const details = { reason: messageOf(error), nextTryMs: this.#delayMs }
        log.error(details, 'embedded PostgreSQL: could not be started again')
      }
    }
  }

  #boundLog(): void {
    const { log, logPath } = this.#place
    boundLogFile(logPath).catch((error: unknown) =>
      log.warn({ logPath, reason: messageOf(error) }, 'embedded PostgreSQL: its log cannot be kept small')
    )
  }
}
