import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { addSeconds, type Clock, systemClock } from '#server/kernel/clock.ts'
import { type DatabaseAddress, type Db, openDb } from '#server/kernel/db.ts'
import { type Jobs, openJobs } from '#server/kernel/jobs.ts'
import type { Letter } from '#server/kernel/letter.ts'
import { type Log, makeLog } from '#server/kernel/log.ts'
import { openMail } from '#server/kernel/mail.ts'
import { type Delivery, type Post, postLetter, readDelivery } from '#server/kernel/outbox.ts'
import { makeSecrets, type Secrets } from '#server/kernel/secrets.ts'
import { openSweeps } from '#server/kernel/sweep.ts'

/** The parts of a server that mail needs, running on a database. */
export type MailWorld = {
  db: Db
  jobs: Jobs
  secrets: Secrets
  post: Post
  /** Posts a letter in a transaction of its own; answers its id. */
  send(letter?: Partial<Letter>): Promise<string>
  delivery(mailId: string): Promise<Delivery>
  stop(): Promise<void>
}

export type MailWorldOptions = {
  address: DatabaseAddress
  smtpUrl?: string | undefined
  publicUrl?: string
  clock?: Clock
  log?: Log
}

export async function startMailWorld(options: MailWorldOptions): Promise<MailWorld> {
  const { address, smtpUrl, clock = systemClock, log = makeLog('silent') } = options
  const settings = {
    publicUrl: new URL(options.publicUrl ?? 'https://ekso.example'),
    smtpUrl,
    mailFrom: 'Ekso <no-reply@ekso.example>'
  }
  const secrets = makeSecrets('a secret of at least thirty-two bytes')
  const db = openDb(address, log)
  const jobs = openJobs(address, log)
  const sweeps = openSweeps({ db, jobs, clock, log })
  openMail({ db, jobs, sweeps, secrets, settings, clock, log })
  await jobs.start()
  const post = { secrets, jobs, settings }
  return {
    db,
    jobs,
    secrets,
    post,
    send: (over = {}) => db.install((tx) => postLetter(tx, post, clock(), letter(clock(), over))),
    delivery: (mailId) => db.install((tx) => readDelivery(tx, mailId)),
    stop: async () => {
      await jobs.stop()
      await db.close()
    }
  }
}

export function letter(now: Date, over: Partial<Letter> = {}): Letter {
  return {
    kind: 'test',
    to: 'jane@example.com',
    subject: 'Hello',
    text: 'Your code:\n\n482916\n\nIt lives for ten minutes.',
    expires: addSeconds(now, 600),
    ...over
  }
}

/** Waits until something holds; fails after `waitMs`. */
export async function until(holds: () => Promise<boolean> | boolean, waitMs = 10_000): Promise<void> {
  for (let waited = 0; waited < waitMs; waited += 50) {
    if (await holds()) return
    await sleep(50)
  }
  assert.fail(`it did not come to be within ${waitMs} ms`)
}

/** A log that keeps its lines for the test to read. */
export function listeningLog(): { log: Log; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = []
  return { log: makeLog('debug', { write: (line) => void lines.push(JSON.parse(line)) }), lines }
}
