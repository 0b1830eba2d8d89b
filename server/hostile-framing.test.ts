import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { assertSound } from '../testing/answer-shape.ts'
import { openTableContents } from '../testing/table-contents.ts'
import { type Answer, openWorld } from '../testing/world.ts'

// Bytes on a socket: what clients that follow HTTP never send, and what smuggles a request past a proxy.

const world = await openWorld({ after }, 'hostile_framing')
const contents = await openTableContents(world.database)
after(() => contents.close())
await world.http.listen({ port: 0, host: '127.0.0.1' })
const address = world.http.server.address()
const port = typeof address === 'object' && address ? address.port : 0

const host = 'Host: localhost:6050'
const json = 'Content-Type: application/json'
const wish = '{"name":"Jane Smith","email":"framing@example.com","company":"Acme","domain":"framing"}'
const length = `Content-Length: ${wish.length}`
const chunked = 'Transfer-Encoding: chunked'
const chunk = `${wish.length.toString(16)}\r\n${wish}\r\n0\r\n\r\n`
const waitMs = 5000

type Ending = 'server' | 'client' | { answers: number }

/**
 * Sends the bytes and reads what comes. It ends when the server closes, by half a close of the client right after the
 * bytes, or by one after so many answers.
 */
function sendBytes(bytes: string | Buffer, ending: Ending): Promise<Answer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    let text = ''
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`no end in ${waitMs} ms after ${JSON.stringify(text)}`))
    }, waitMs)
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part
      if (typeof ending === 'object' && answersIn(text).length >= ending.answers) socket.end()
    })
    // A reset is an end as well: it comes when bytes are left that nobody wanted.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(answersIn(text))
    })
    socket.on('end', () => socket.end())
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    if (ending === 'client') socket.end()
  })
}

/** The answers that stand in what a connection gave back. */
function answersIn(text: string): Answer[] {
  const answers: Answer[] = []
  let rest = text
  while (rest.startsWith('HTTP/1.1 ')) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) break
    const [line = '', ...lines] = rest.slice(0, end).split('\r\n')
    const headers = Object.fromEntries(
      lines.map((one) => [one.slice(0, one.indexOf(':')).toLowerCase(), one.slice(one.indexOf(':') + 2)])
    )
    const body = rest.slice(end + 4, end + 4 + Number(headers['content-length'] ?? 0))
    rest = rest.slice(end + 4 + body.length)
    const isJson = headers['content-type']?.includes('json') && body !== ''
    answers.push({
      status: Number(line.split(' ')[1]),
      headers,
      body: isJson ? JSON.parse(body) : undefined,
      text: body
    })
  }
  return answers
}

const post = 'POST /api/bo/on/agent/code HTTP/1.1'
const get = 'GET /healthz HTTP/1.1'
const head = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`

/** Where a request ends is in doubt, or its body is left unread: whatever stands behind it must not be heard. */
const unframed: Record<string, string | Buffer> = {
  'both lengths': head(post, host, json, length, chunked) + chunk,
  'both lengths, the other way': head(post, host, json, chunked, 'Content-Length: 4') + chunk,
  'two lengths': head(post, host, json, length, 'Content-Length: 5') + wish,
  'a list of lengths': head(post, host, json, `Content-Length: ${wish.length}, ${wish.length}`) + wish,
  'a negative length': head(post, host, json, 'Content-Length: -1') + wish,
  'a signed length': head(post, host, json, `Content-Length: +${wish.length}`) + wish,
  'a length in hex': head(post, host, json, `Content-Length: 0x${wish.length.toString(16)}`) + wish,
  'a huge length': head(post, host, json, 'Content-Length: 99999999999999999999999') + wish,
  'a coding nobody knows': head(post, host, json, 'Transfer-Encoding: xchunked') + chunk,
  'chunked twice': head(post, host, json, 'Transfer-Encoding: chunked, identity') + chunk,
  'a tab before chunked': head(post, host, json, 'Transfer-Encoding:\x0bchunked') + chunk,
  'a chunk size that is none': `${head(post, host, json, chunked)}zz\r\n${wish}\r\n0\r\n\r\n`,
  'a huge chunk size': `${head(post, host, json, chunked)}fffffffffffffffffff\r\n${wish}\r\n0\r\n\r\n`,
  'a chunk longer than it says': `${head(post, host, json, chunked)}2\r\n${wish}\r\n0\r\n\r\n`,
  'a chunk extension without end': `${head(post, host, json, chunked)}2;${'x'.repeat(40_000)}\r\n{}\r\n0\r\n\r\n`,
  'a space before the colon': head(post, host, json, `Content-Length : ${wish.length}`) + wish,
  'a folded header': head(post, host, json, length, 'X-Folded: a\r\n b') + wish,
  'a header without a colon': head(post, host, json, length, 'nothing') + wish,
  'a header with NUL': head(post, host, json, length, 'X-Nul: a\0b') + wish,
  'a name with a space': head(post, host, json, length, 'X Name: a') + wish,
  'a bare return': head(post, host, json, length, 'X-Return: a\rX-Other: b') + wish,
  'bare newlines': `${post}\n${host}\n${json}\n${length}\n\n${wish}`,
  'a huge header': head(post, host, json, length, `X-Huge: ${'x'.repeat(20_000)}`) + wish,
  'many headers':
    head(post, host, json, length, ...Array.from({ length: 3000 }, (_, at) => `x${at}: 1`)) + wish,
  'a huge path': head(`GET /${'a'.repeat(20_000)} HTTP/1.1`, host),
  'bytes over 127 in the path': head('GET /confirm/\xff\xfe HTTP/1.1', host),
  'a space in the path': head('GET /confirm/a b HTTP/1.1', host),
  'no path': head('GET HTTP/1.1', host),
  'a path without a slash': head('GET confirm HTTP/1.1', host),
  'an unknown method': head('BREW / HTTP/1.1', host),
  'a method in lower case': head('post /api/bo/on/agent/code HTTP/1.1', host, json, length) + wish,
  'a tunnel': head('CONNECT evil.example:80 HTTP/1.1', host),
  'another version': head('GET /healthz HTTP/3.0', host),
  'no version': 'GET /\r\n\r\n',
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a TLS greeting': Buffer.from('160301020001000001fc0303', 'hex'),
  'an SSH greeting': 'SSH-2.0-OpenSSH_9.6\r\n',
  zeros: Buffer.alloc(2000),
  'a proxy header': `PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n${head(get, host)}`
}

/** Framed well, but no request that is answered here. */
const refused: Record<string, string> = {
  'a compressed body': head(post, host, json, length, 'Content-Encoding: gzip') + wish,
  'two hosts': head(post, host, host, json, length) + wish,
  'no host': head(post, json, length) + wish,
  'an empty host': head(post, 'Host:', json, length) + wish,
  'a host with a path': head(post, 'Host: localhost:6050/x', json, length) + wish,
  'a host with a user': head(post, 'Host: a@localhost:6050', json, length) + wish,
  'another absolute host':
    head('POST http://evil.example/api/bo/on/agent/code HTTP/1.1', host, json, length) + wish,
  'a fragment': head('POST /api/bo/on/agent/code#x HTTP/1.1', host, json, length) + wish,
  'a path of dots': head('GET /confirm/../../etc/passwd HTTP/1.1', host)
}

const behind = head(get, host)
const isHealth = ({ text }: Answer) => text === '{"status":"ok"}'

test('a request behind a sound one is heard: what follows can fail', async () => {
  const answers = await sendBytes(head(get, host) + behind, { answers: 2 })
  assert.deepEqual(answers.map(isHealth), [true, true])
})

for (const [name, bytes] of Object.entries(unframed))
  test(`${name}: refused, the connection closed, and nothing behind it heard`, async () => {
    const before = await contents.read()
    const sent = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    const answers = await sendBytes(Buffer.concat([sent, Buffer.from(behind)]), 'server')
    assert.ok(answers.length <= 1, answers.map(({ status, text }) => `${status} ${text}`).join('\n'))
    for (const answer of answers) {
      assert.ok(answer.status >= 400, `${answer.status} ${answer.text}`)
      assertSound(answer, name)
    }
    assert.deepEqual(await contents.read(), before)
  })

for (const [name, bytes] of Object.entries(refused))
  test(`${name}: refused with an answer, and the next request is its own`, async () => {
    const before = await contents.read()
    const [first, second] = await sendBytes(bytes + behind, { answers: 2 })
    assert.ok(first && first.status >= 400, first?.text)
    assertSound(first, name)
    assert.ok(second && isHealth(second), second?.text)
    assert.deepEqual(await contents.read(), before)
  })

test('a length over the limit is refused before the body has come, and what follows counts as body', async () => {
  const bytes = head(post, host, json, 'Content-Length: 999999999') + wish
  const answers = await sendBytes(bytes + behind, { answers: 1 })
  assert.equal(answers[0]?.status, 413)
  assert.ok(answers.every(({ status }) => status >= 400))
})

test('a body that ends before its length is not taken', async () => {
  const before = await contents.read()
  const cut = head(post, host, json, `Content-Length: ${wish.length + 10}`) + wish
  assert.ok((await sendBytes(cut, 'client')).every(({ status }) => status >= 400))
  const cutChunk = `${head(post, host, json, chunked)}${wish.length.toString(16)}\r\n${wish}\r\n`
  assert.ok((await sendBytes(cutChunk, 'client')).every(({ status }) => status >= 400))
  assert.deepEqual(await contents.read(), before)
})

test('what stands behind a length too short is no part of the request', async () => {
  const before = await contents.read()
  const [first, ...others] = await sendBytes(head(post, host, json, 'Content-Length: 20') + wish, 'server')
  assert.equal(first?.body.code, 'MALFORMED_BODY')
  assert.ok(others.every(({ status }) => status === 400))
  assert.deepEqual(await contents.read(), before)
})

test('chunked bodies, absolute targets and expectations of HTTP are taken', async () => {
  const absolute = 'POST http://localhost:6050/api/bo/on/agent/check HTTP/1.1'
  const sound = [
    head(absolute, host, json, length) + wish,
    head('POST /api/bo/on/agent/check HTTP/1.1', host, json, chunked) + chunk,
    head('POST /api/bo/on/agent/check HTTP/1.1', host, json, chunked) +
      `${wish.length.toString(16)};name=value\r\n${wish}\r\n0\r\nX-Trailer: 1\r\n\r\n`,
    head('POST /api/bo/on/agent/check HTTP/1.1', host, json, length, 'Expect: 200-fine') + wish,
    head('POST /api/bo/on/agent/check HTTP/1.1', host, json, length, 'Connection: upgrade', 'Upgrade: h2c') +
      wish
  ]
  for (const bytes of sound) {
    const [answer] = await sendBytes(bytes, { answers: 1 })
    assert.equal(answer?.status, 200, `${bytes.slice(0, 200)}: ${answer?.text}`)
  }
})

test('after all of it the server still answers', async () => {
  const [answer] = await sendBytes(behind, { answers: 1 })
  assert.equal(answer?.status, 200)
})
