import { sql } from 'kysely'
import { addSeconds } from './clock.ts'
import type { Tx } from './db.ts'
import { newId } from './ids.ts'
import type { Jobs } from './jobs.ts'
import { checkLetter, htmlFromText, type Letter, type LetterBody } from './letter.ts'
import type { Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'
import { readPublicUrl } from './stored-url.ts'

/** What posting needs of the server. */
export type Post = { secrets: Secrets; jobs: Jobs; settings: Pick<Settings, 'publicUrl'> }

/** As contract §2 names them: `bounced` is refused for good, `failed` is retries used up. */
export type Delivery = 'queued' | 'accepted' | 'bounced' | 'failed'

export const mailQueue = 'mail'

/** A worker that has claimed a letter and dies leaves it to others after this time; a delivery takes less. */
export const leaseSeconds = 30

/** A letter that a worker has claimed, opened. */
export type ClaimedLetter = LetterBody & {
  id: string
  kind: string
  messageId: string
  created: Date
  expires: Date
  attempts: number
}

export type Claim =
  | { kind: 'claimed'; letter: ClaimedLetter }
  /** Another worker has it, or its next try is not due. */
  | { kind: 'waiting'; waitSeconds: number }
  | { kind: 'settled' }

/**
 * Writes a letter into the outbox and queues its delivery, both in the caller's transaction, and answers the
 * mail's id. Its Message-ID is fixed here, so every try carries the same one. Throws on a malformed letter.
 */
export async function postLetter(tx: Tx, post: Post, now: Date, letter: Letter): Promise<string> {
  checkLetter(letter)
  const id = newId('mail')
  const { to, subject, text } = letter
  const body: LetterBody = { to, subject, text, html: htmlFromText(text) }
  const host = (await readPublicUrl(tx, post.settings)).hostname
  await tx
    .insertInto('outbox')
    .values({
      id,
      tenant_id: letter.tenantId ?? null,
      kind: letter.kind,
      message_id: `<${id}@${host}>`,
      sealed: post.secrets.seal('outbox', JSON.stringify(body)),
      state: 'queued',
      created: now,
      expires: letter.expires,
      next_try: now
    })
    .execute()
  await post.jobs.enqueue(tx, mailQueue, { mailId: id })
  return id
}

/** What became of a mail. An unknown id, or one swept after 30 days, counts as `failed`. */
export async function readDelivery(tx: Tx, mailId: string): Promise<Delivery> {
  const row = await tx.selectFrom('outbox').select('state').where('id', '=', mailId).executeTakeFirst()
  return row?.state ?? 'failed'
}

/** Takes a letter that is due for `leaseSeconds`; of several workers one gets it. Settles one that has expired. */
export async function claimLetter(tx: Tx, secrets: Secrets, now: Date, mailId: string): Promise<Claim> {
  const row = await tx
    .selectFrom('outbox')
    .selectAll()
    .where('id', '=', mailId)
    .forUpdate()
    .executeTakeFirst()
  if (row?.state !== 'queued') return { kind: 'settled' }
  if (row.expires <= now || !row.sealed) {
    await settleLetter(tx, now, mailId, 'failed')
    return { kind: 'settled' }
  }
  if (row.next_try > now)
    return { kind: 'waiting', waitSeconds: Math.ceil((row.next_try.getTime() - now.getTime()) / 1000) }
  const attempts = row.attempts + 1
  await tx
    .updateTable('outbox')
    .set({ attempts, next_try: addSeconds(now, leaseSeconds) })
    .where('id', '=', mailId)
    .execute()
  const body = JSON.parse(secrets.open('outbox', row.sealed)) as LetterBody
  const { id, kind, message_id: messageId, created, expires } = row
  return { kind: 'claimed', letter: { id, kind, messageId, created, expires, attempts, ...body } }
}

/** Ends a letter's way and wipes what it said; the development mailbox alone keeps its letters. */
export async function settleLetter(
  tx: Tx,
  now: Date,
  mailId: string,
  state: Exclude<Delivery, 'queued'>,
  options: { isKept: boolean } = { isKept: false }
): Promise<void> {
  await tx
    .updateTable('outbox')
    .set({ state, settled: now, ...(options.isKept ? {} : { sealed: null }) })
    .where('id', '=', mailId)
    .where('state', '=', 'queued')
    .execute()
}

/** Puts a letter off and queues its next try in the same transaction. */
export async function postponeLetter(
  tx: Tx,
  jobs: Jobs,
  now: Date,
  mailId: string,
  seconds: number
): Promise<void> {
  await tx
    .updateTable('outbox')
    .set({ next_try: addSeconds(now, seconds) })
    .where('id', '=', mailId)
    .where('state', '=', 'queued')
    .execute()
  await jobs.enqueue(tx, mailQueue, { mailId }, { afterSeconds: seconds })
}

/** Queues again what is due, for instance from before `SMTP_URL` was set. Twice is harmless. At most `most`. */
export async function requeueDue(tx: Tx, jobs: Jobs, now: Date, most: number): Promise<number> {
  const rows = await tx
    .selectFrom('outbox')
    .select('id')
    .where('state', '=', 'queued')
    .where('next_try', '<=', now)
    .orderBy('next_try')
    .limit(most)
    .execute()
  for (const { id } of rows) await jobs.enqueue(tx, mailQueue, { mailId: id })
  return rows.length
}

/** A letter of the development mailbox, as `/dev/mail` shows it. */
export type KeptLetter = LetterBody & { id: string; created: string }

/** The newest letters of the development mailbox, at most `most`. */
export async function readMailbox(tx: Tx, secrets: Secrets, most: number): Promise<KeptLetter[]> {
  const rows = await tx
    .selectFrom('outbox')
    .select(['id', 'created', 'sealed'])
    .where('state', '=', 'accepted')
    .where('sealed', 'is not', null)
    .orderBy('created', 'desc')
    .orderBy('id', 'desc')
    .limit(most)
    .execute()
  return rows.flatMap(({ id, created, sealed }) => {
    if (!sealed) return []
    const { to, subject, text, html } = JSON.parse(secrets.open('outbox', sealed)) as LetterBody
    return [{ id, to, subject, text, html, created: created.toISOString() }]
  })
}

/** How many letters wait, for the operator; counts no further than `most`. */
export async function countWaiting(tx: Tx, most: number): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) from (select 1 from outbox where state = 'queued' limit ${most}) waiting`.execute(tx)
  return Number(rows[0]?.count ?? 0)
}
