import ipaddr from 'ipaddr.js'
import type { Tx } from '#server/kernel/db.ts'
import { isLoopbackHost, parseHost } from '#server/kernel/hosts.ts'
import { hasMailbox } from '#server/kernel/mail.ts'
import { type KeptLetter, readMailbox } from '#server/kernel/outbox.ts'
import { problem } from '#server/kernel/problem.ts'
import type { Secrets } from '#server/kernel/secrets.ts'
import type { Settings } from '#server/kernel/settings.ts'

/** What is known of a reader before anything was read. */
export type MailReader = {
  /** The address at the other end of the connection, whatever headers say. */
  peer: string | undefined
  headers: Record<string, unknown>
}

const mostShown = 50
const forwardingHeader =
  /^(forwarded|via|x-real-ip|x-forwarded-.*|x-client-ip|cf-connecting-ip|true-client-ip)$/

/**
 * The newest mails of the development mailbox. It holds codes and links for every address, so it is only there for
 * somebody at this machine, on an install that is used from this machine alone. Throws ROUTE_NOT_FOUND (contract §5).
 */
export async function readKeptMail(
  tx: Tx,
  { secrets, settings }: { secrets: Secrets; settings: Pick<Settings, 'publicUrl' | 'smtpUrl'> },
  reader: MailReader
): Promise<KeptLetter[]> {
  if (!isAtThisMachine(reader) || !(await hasMailbox(tx, settings))) throw problem('ROUTE_NOT_FOUND')
  return readMailbox(tx, secrets, mostShown)
}

// A proxy on this machine would make the whole world a loopback peer; a page of another site could reach us
// under a name of its own that points here (DNS rebinding), which is why the Host counts too.
function isAtThisMachine({ peer, headers }: MailReader): boolean {
  if (!peer || !ipaddr.isValid(peer) || ipaddr.process(peer).range() !== 'loopback') return false
  if (Object.keys(headers).some((name) => forwardingHeader.test(name))) return false
  const host = parseHost(typeof headers.host === 'string' ? headers.host : undefined, 'http:')
  return host !== undefined && isLoopbackHost(host)
}
