import { connect, type Socket } from 'node:net'

/** What a load measured: whole answers only, each timed from its request's last byte to its own. */
export type Load = {
  answers: number
  perSecond: number
  p50Ms: number
  p99Ms: number
  worstMs: number
  /** How many answers had each status. */
  statuses: Record<string, number>
}

/** A raw request of HTTP/1.1; another one each time where each must differ. */
export type MakeRequest = () => string

/**
 * Keeps so many connections busy, one request at a time on each. A client of its own, since the usual ones cost as
 * much as the server and share its cores. Takes answers with a Content-Length alone.
 */
export async function loadServer(
  port: number,
  clients: number,
  seconds: number,
  makeRequest: MakeRequest
): Promise<Load> {
  const times: number[] = []
  const statuses: Record<string, number> = {}
  const started = performance.now()
  const endMs = started + seconds * 1000
  const client = async () => {
    const connection = await openConnection(port)
    while (performance.now() < endMs) {
      const sent = performance.now()
      const status = await connection.ask(makeRequest())
      times.push(performance.now() - sent)
      statuses[status] = (statuses[status] ?? 0) + 1
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: clients }, client))
  const tookSeconds = (performance.now() - started) / 1000
  times.sort((one, other) => one - other)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  return {
    answers: times.length,
    perSecond: times.length / tookSeconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    worstMs: at(1),
    statuses
  }
}

type Connection = { ask(request: string): Promise<string>; close(): void }

function openConnection(port: number): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let waiting: { done(status: string): void; fail(error: Error): void } | undefined
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (part: string) => {
      text += part
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/\r\ncontent-length: ([0-9]+)/i.exec(text.slice(0, end))?.[1] ?? 0)
      if (text.length < end + 4 + length) return
      const status = text.slice(9, 12)
      text = text.slice(end + 4 + length)
      waiting?.done(status)
    })
    const fail = (error: Error) => {
      waiting?.fail(error)
      reject(error)
    }
    socket.on('error', fail)
    socket.on('close', () => fail(new Error('the server closed the connection')))
    socket.on('connect', () =>
      resolve({
        ask: (request) =>
          new Promise((done, refused) => {
            waiting = { done, fail: refused }
            socket.write(request)
          }),
        close: () => socket.removeAllListeners('close').destroy()
      })
    )
  })
}
