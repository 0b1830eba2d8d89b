import { type Clock, secondsUntil } from './clock.ts'
import type { Db, Tx } from './db.ts'
import type { JobIds, Jobs } from './jobs.ts'
import { sweepLimitHits } from './limit-hits.ts'
import type { Log } from './log.ts'
import { type MailServer, openMailServer, smtpConnections, type Verdict } from './mail-server.ts'
import {
  type ClaimedLetter,
  claimLetter,
  countWaiting,
  mailQueue,
  postponeLetter,
  requeueDue,
  settleLetter
} from './outbox.ts'
import { sweepExpiredLetters, sweepSettledLetters, trimMailbox } from './outbox-sweep.ts'
import { isLocalhostUrl } from './public-url.ts'
import type { Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'
import { readPublicUrl } from './stored-url.ts'
import { type Sweeps, sweepBatch } from './sweep.ts'

export type MailParts = {
  db: Db
  jobs: Jobs
  sweeps: Sweeps
  secrets: Secrets
  settings: Pick<Settings, 'publicUrl' | 'smtpUrl' | 'mailFrom'>
  clock: Clock
  log: Log
}

const firstRetrySeconds = 5
const longestRetrySeconds = 300

/** Delivers what the outbox holds, in jobs and with retries until a letter expires. Call it before the jobs start. */
export function openMail(parts: MailParts): void {
  const { jobs, sweeps, settings, log } = parts
  const { smtpUrl } = settings
  const server = smtpUrl ? openMailServer(smtpUrl, log) : undefined
  const options = { concurrency: smtpConnections, maxSeconds: 120, isCoalesced: true }
  jobs.handle(mailQueue, options, (ids) => deliver(parts, server, ids))
  sweeps.add('letters to send', (tx, now) => sweepWaiting(parts, server, tx, now))
  sweeps.add('letters expired', async (tx, now) => {
    const count = await sweepExpiredLetters(tx, now, sweepBatch)
    if (count > 0) log.error({ count }, 'letters expired unsent and were given up')
    return count
  })
  sweeps.add('letters settled', (tx, now) => sweepSettledLetters(tx, now, sweepBatch))
  sweeps.add('development mailbox', async (tx) =>
    trimMailbox(tx, { isDevelopment: await hasMailbox(tx, settings) }, sweepBatch)
  )
  sweeps.add('limits', (tx, now) => sweepLimitHits(tx, now, sweepBatch))
  jobs.afterStop(() => server?.close())
}

/** Whether mail is kept for `/dev/mail` rather than sent: no mail server, and the URL in force is localhost. */
export async function hasMailbox(
  tx: Tx,
  settings: Pick<Settings, 'publicUrl' | 'smtpUrl'>
): Promise<boolean> {
  return !settings.smtpUrl && isLocalhostUrl(await readPublicUrl(tx, settings))
}

// The claim and the verdict are transactions of their own: none is open while the mail server is talked to.
async function deliver(
  parts: MailParts,
  server: MailServer | undefined,
  { mailId = '' }: JobIds
): Promise<void> {
  const { db, secrets, clock, jobs, settings } = parts
  if (!server) return keep(parts, mailId)
  const letter = await db.install(async (tx) => {
    const claim = await claimLetter(tx, secrets, clock(), mailId)
    if (claim.kind === 'claimed') return claim.letter
    // The other worker may be dead: somebody looks again when its lease is over.
    if (claim.kind === 'waiting')
      await jobs.enqueue(tx, mailQueue, { mailId }, { afterSeconds: claim.waitSeconds })
    return undefined
  })
  if (!letter) return
  const mailFrom = settings.mailFrom ?? (await db.install((tx) => defaultSender(tx, settings)))
  const verdict = await server.deliver(letter, mailFrom)
  await db.install((tx) => conclude(parts, tx, letter, verdict))
}

// Not fixed at start: the first-run wizard may store another address.
async function defaultSender(tx: Tx, settings: Pick<Settings, 'publicUrl'>): Promise<string> {
  return `Ekso <no-reply@${(await readPublicUrl(tx, settings)).hostname}>`
}

async function conclude(parts: MailParts, tx: Tx, letter: ClaimedLetter, verdict: Verdict): Promise<void> {
  const { jobs, clock, log } = parts
  const { id: mailId, kind, attempts } = letter
  const now = clock()
  if (verdict.kind === 'accepted') {
    await settleLetter(tx, now, mailId, 'accepted')
    return log.info({ mailId, kind, attempts }, 'the mail server took a letter')
  }
  if (verdict.kind === 'bounced') {
    await settleLetter(tx, now, mailId, 'bounced')
    return log.warn({ mailId, kind, attempts, reason: verdict.reason }, 'a letter was refused for good')
  }
  const waitSeconds = retrySeconds(attempts, secondsUntil(now, letter.expires))
  const facts = { mailId, kind, attempts, reason: verdict.reason, waitSeconds }
  if (verdict.isOperatorFault)
    log.error(facts, 'the mail server refuses this install: check SMTP_URL and EKSO_MAIL_FROM')
  else log.warn(facts, 'a letter could not be sent yet')
  if (waitSeconds) return postponeLetter(tx, jobs, now, mailId, waitSeconds)
  await settleLetter(tx, now, mailId, 'failed')
  log.error({ mailId, kind, attempts }, 'a letter was given up')
}

/** How long to wait after a try: 5 s, doubled each time, at most 5 minutes, and never past half of what is left; 0 ends it. */
export function retrySeconds(attempts: number, secondsLeft: number): number {
  if (secondsLeft < 2 * firstRetrySeconds) return 0
  const backoff = firstRetrySeconds * 2 ** Math.min(attempts - 1, 10)
  return Math.min(longestRetrySeconds, backoff, Math.floor(secondsLeft / 2))
}

async function keep({ db, settings, clock, log }: MailParts, mailId: string): Promise<void> {
  const isKept = await db.install(async (tx) => {
    const isDevelopment = await hasMailbox(tx, settings)
    if (isDevelopment) {
      await settleLetter(tx, clock(), mailId, 'accepted', { isKept: true })
      await trimMailbox(tx, { isDevelopment }, sweepBatch)
    }
    return isDevelopment
  })
  if (!isKept) log.error({ mailId }, unsendable)
}

const unsendable = 'SMTP_URL IS NOT SET: mail is not sent and waits in the outbox until it expires'

async function sweepWaiting(
  { jobs, settings, log }: MailParts,
  server: MailServer | undefined,
  tx: Tx,
  now: Date
): Promise<number> {
  if (server || (await hasMailbox(tx, settings))) await requeueDue(tx, jobs, now, sweepBatch)
  else log.error({ waiting: await countWaiting(tx, 1000) }, unsendable)
  // One batch a round: its rows stay until their jobs have run.
  return 0
}
