import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, test } from 'node:test'
import { listeningLog } from '../../testing/mail-world.ts'
import { openMailbox } from '../../testing/mailbox.ts'
import { monotonicMs, systemClock } from './clock.ts'
import { makeLog } from './log.ts'
import { judgeRefusal, openMailServer } from './mail-server.ts'
import type { ClaimedLetter } from './outbox.ts'

const silent = makeLog('silent')
const mailFrom = 'Ekso <no-reply@ekso.example>'
const claimed: ClaimedLetter = {
  id: 'mail_1',
  kind: 'test',
  messageId: '<mail_1@ekso.example>',
  created: systemClock(),
  expires: systemClock(),
  attempts: 1,
  to: 'jane@example.com',
  subject: 'Hello',
  text: 'Hello',
  html: '<p>Hello</p>'
}

const mailbox = await openMailbox()
const server = openMailServer(mailbox.url, silent)
after(async () => {
  server.close()
  await mailbox.close()
})

async function verdictUnder(manners: typeof mailbox.manners) {
  Object.assign(mailbox.manners, manners)
  const verdict = await server.deliver(claimed, mailFrom)
  for (const name of Object.keys(manners) as (keyof typeof manners)[]) delete mailbox.manners[name]
  return verdict
}

test('a permanent refusal of the addressee or of the message is a bounce', async () => {
  assert.equal((await verdictUnder({ refuseRecipient: 550 })).kind, 'bounced')
  assert.equal((await verdictUnder({ refuseMessage: 554 })).kind, 'bounced')
})

test('a temporary refusal is no bounce and not the operator’s fault', async () => {
  for (const manners of [{ refuseRecipient: 451 }, { refuseSender: 421 }, { refuseMessage: 452 }]) {
    const verdict = await verdictUnder(manners)
    assert.ok(verdict.kind === 'deferred' && !verdict.isOperatorFault, JSON.stringify(verdict))
  }
})

test('a permanent refusal of our sender is the operator’s fault and no bounce', async () => {
  const verdict = await verdictUnder({ refuseSender: 550 })
  assert.ok(verdict.kind === 'deferred' && verdict.isOperatorFault, JSON.stringify(verdict))
})

test('wrong credentials and a refused relay are the operator’s fault and no bounce', () => {
  const refusals = [
    { code: 'EAUTH', command: 'AUTH PLAIN', responseCode: 535, permanent: true, response: '535 5.7.8 bad' },
    { command: 'RCPT TO', responseCode: 554, permanent: true, response: '554 5.7.1 Relay access denied' },
    { command: 'RCPT TO', responseCode: 530, permanent: true, response: '530 5.7.0 Must issue STARTTLS' }
  ]
  for (const refusal of refusals) {
    const verdict = judgeRefusal(Object.assign(new Error('refused'), refusal))
    assert.ok(verdict.kind === 'deferred' && verdict.isOperatorFault, refusal.response)
  }
})

test('what is logged of a refusal has no address in it', () => {
  const response = '550 5.1.1 <jane@example.com>: unknown; jane@example.com'
  const verdict = judgeRefusal(
    Object.assign(new Error('no'), { command: 'RCPT TO', permanent: true, response })
  )
  assert.ok(verdict.kind === 'bounced')
  assert.doesNotMatch(verdict.reason, /jane/)
})

test('a mail server that is not there defers', async () => {
  const gone = openMailServer('smtp://127.0.0.1:1', silent)
  assert.equal((await gone.deliver(claimed, mailFrom)).kind, 'deferred')
  gone.close()
})

test('a mail server that says nothing holds a delivery for seconds, not minutes, and breaks nothing', async () => {
  const mute = createServer(() => undefined).listen(0, '127.0.0.1')
  await new Promise((resolve) => mute.once('listening', resolve))
  const { port } = mute.address() as { port: number }
  const { log, lines } = listeningLog()
  const slow = openMailServer(`smtp://127.0.0.1:${port}`, log)
  const startedMs = monotonicMs()
  const verdict = await slow.deliver(claimed, mailFrom)
  assert.equal(verdict.kind, 'deferred')
  assert.ok(monotonicMs() - startedMs < 15_000)
  assert.equal(lines.filter(({ level }) => level === 'error').length, 0)
  slow.close()
  mute.close()
})

test('a letter to an address that was hidden in the subject still has one addressee', async () => {
  const hidden = { subject: 'Hi\r\nBcc: all@example.com', messageId: '<mail_2@ekso.example>' }
  await server.deliver({ ...claimed, ...hidden }, mailFrom)
  const mail = await mailbox.waitForMail((one) => one.messageId === '<mail_2@ekso.example>')
  assert.deepEqual(mail.to, ['jane@example.com'])
  assert.ok(!mail.headers.some(({ key }) => key === 'bcc'))
})
