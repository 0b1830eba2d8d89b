import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer } from 'smtp-server'

/** A mail as the server got it: envelope, parsed content and raw source. */
export type ReceivedMail = {
  to: string[]
  from: string
  subject: string
  text: string
  html: string
  messageId: string
  headers: Email['headers']
  raw: string
}

/** How the server behaves; may be changed while it runs. */
export type MailboxManners = {
  /** The reply code to RCPT TO, such as 550 or 451. */
  refuseRecipient?: number
  refuseSender?: number
  /** The reply code after the whole message was sent. */
  refuseMessage?: number
  /** How long it thinks before it takes a message. */
  delayMs?: number
}

export type Mailbox = {
  /** For `SMTP_URL`. */
  url: string
  port: number
  mails: ReceivedMail[]
  /** How many times a recipient was announced to it: tries, also refused ones. */
  tries(): number
  manners: MailboxManners
  /** The first mail, come or to come, that the predicate takes. */
  waitForMail(predicate?: (mail: ReceivedMail) => boolean, waitMs?: number): Promise<ReceivedMail>
  close(): Promise<void>
}

/** An SMTP server in this process. A port of an earlier one can be given, for a server that comes back. */
export async function openMailbox(manners: MailboxManners = {}, port = 0): Promise<Mailbox> {
  const mails: ReceivedMail[] = []
  const state = { manners, tries: 0 }
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onMailFrom: (_address, _session, callback) => callback(refusal(state.manners.refuseSender)),
    onRcptTo: (_address, _session, callback) => {
      state.tries++
      callback(refusal(state.manners.refuseRecipient))
    },
    onData: (stream, session, callback) => {
      const { mailFrom, rcptTo } = session.envelope
      void (async () => {
        const raw = Buffer.concat(await stream.toArray()).toString('utf8')
        if (state.manners.delayMs) await sleep(state.manners.delayMs, undefined, { ref: false })
        const refused = refusal(state.manners.refuseMessage)
        if (refused) return callback(refused)
        mails.push(
          await readMail(
            raw,
            mailFrom ? mailFrom.address : '',
            rcptTo.map(({ address }) => address)
          )
        )
        callback()
      })()
    }
  })
  // Clients that are killed break off; that is what some tests are about.
  server.on('error', () => undefined)
  server.listen(port, '127.0.0.1')
  await once(server.server, 'listening')
  const bound = (server.server.address() as AddressInfo).port
  return {
    url: `smtp://127.0.0.1:${bound}`,
    port: bound,
    mails,
    tries: () => state.tries,
    manners: state.manners,
    waitForMail: (predicate = () => true, waitMs = 10_000) => waitForMail(mails, predicate, waitMs),
    close: () => new Promise((resolve) => server.close(() => resolve()))
  }
}

async function waitForMail(
  mails: ReceivedMail[],
  predicate: (mail: ReceivedMail) => boolean,
  waitMs: number
): Promise<ReceivedMail> {
  for (let waited = 0; waited <= waitMs; waited += 20) {
    const found = mails.find(predicate)
    if (found) return found
    await sleep(20)
  }
  throw new Error(
    `no such mail within ${waitMs} ms; there are ${JSON.stringify(mails.map((mail) => mail.subject))}`
  )
}

async function readMail(raw: string, from: string, to: string[]): Promise<ReceivedMail> {
  const email = await PostalMime.parse(raw)
  return {
    to,
    from,
    subject: email.subject ?? '',
    text: email.text ?? '',
    html: email.html ?? '',
    messageId: email.messageId ?? '',
    headers: email.headers,
    raw
  }
}

function refusal(replyCode: number | undefined): (Error & { responseCode: number }) | undefined {
  return replyCode ? Object.assign(new Error('refused by the test'), { responseCode: replyCode }) : undefined
}
