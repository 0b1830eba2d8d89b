import { createTransport, type NodemailerError } from 'nodemailer'
import type { Log } from './log.ts'
import type { ClaimedLetter } from './outbox.ts'

/** What a mail server said to one letter. */
export type Verdict =
  | { kind: 'accepted' }
  /** Refused for good: the same letter to this address would be refused again. */
  | { kind: 'bounced'; reason: string }
  /** It may go through later. `isOperatorFault`: settings or the standing of this install, not the addressee. */
  | { kind: 'deferred'; reason: string; isOperatorFault: boolean }

/** The way to a mail server. */
export type MailServer = {
  /** Hands one letter over. Answers within `deliverySeconds`, whatever the server does, and never throws. */
  deliver(letter: ClaimedLetter, mailFrom: string): Promise<Verdict>
  /** Drops connections; letters on their way are deferred. */
  close(): void
}

/** Less than the lease of a letter, so that a slow server never gets one from two workers. */
export const deliverySeconds = 25

/** How many letters are on their way at a time, each over its own connection. */
export const smtpConnections = 3

/** Prepares a pool of connections to `SMTP_URL`; the first is made for the first letter. */
export function openMailServer(smtpUrl: string, log: Log): MailServer {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: smtpConnections,
    maxRequeues: 1,
    idleTimeout: 30_000,
    connectionTimeout: 8_000,
    greetingTimeout: 8_000,
    socketTimeout: 15_000,
    disableFileAccess: true,
    disableUrlAccess: true
  })
  // Pool troubles outside a delivery; without a listener they would end the process.
  transport.on('error', (error: Error) =>
    log.warn({ reason: sayError(error) }, 'the mail server has a problem')
  )
  return {
    deliver: async (letter, mailFrom) => {
      try {
        await transport.sendMail({
          ...messageOf(letter, mailFrom),
          signal: AbortSignal.timeout(deliverySeconds * 1000)
        })
        return { kind: 'accepted' }
      } catch (error) {
        return judgeRefusal(error as NodemailerError)
      }
    },
    close: () => transport.close({ force: true })
  }
}

function messageOf(letter: ClaimedLetter, mailFrom: string) {
  return {
    from: mailFrom,
    to: { name: '', address: letter.to },
    subject: letter.subject,
    text: letter.text,
    html: letter.html,
    messageId: letter.messageId,
    date: letter.created,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' }
  }
}

/**
 * Only a permanent refusal (5xx) of the addressee or of the message itself is the end of a letter. One of our
 * sender, our credentials or our right to relay stands until the operator mends it, and the letter waits.
 */
export function judgeRefusal(error: NodemailerError): Verdict {
  const reason = sayError(error)
  const isAboutLetter = error.command === 'RCPT TO' || error.command === 'DATA'
  const isAboutUs =
    error.responseCode === 530 ||
    error.responseCode === 535 ||
    /relay|authenticat/i.test(error.response ?? '')
  if (error.permanent && isAboutLetter && !isAboutUs) return { kind: 'bounced', reason }
  const isOperatorFault = error.permanent === true || error.code === 'EAUTH' || error.code === 'ENOAUTH'
  return { kind: 'deferred', reason, isOperatorFault }
}

// For logs: mail servers quote addresses in their replies.
function sayError(error: NodemailerError): string {
  const words = [error.code, error.command, error.response ?? error.message].filter(Boolean).join(' ')
  return words.replace(/[^\s<>"']+@[^\s<>"']+/g, '<address>').slice(0, 300)
}
