import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionError } from 'fastify'
import { newId } from '../ids.ts'
import type { Log } from '../log.ts'
import { problem, problemBody } from '../problem.ts'

/** Answers bytes that are no HTTP request in the shape of every other error, and ends the connection. */
export function answerSocketError(error: ConnectionError, socket: Socket, log: Pick<Log, 'debug'>): void {
  if (error.code === 'ECONNRESET' || !socket.writable || !mayAnswer(socket)) {
    socket.destroy()
    return
  }
  const found = problem('REQUEST_MALFORMED')
  const requestId = newId('req')
  const body = JSON.stringify(problemBody(found, requestId))
  log.debug({ requestId, errorCode: error.code }, 'A connection sent something that is no request')
  const head = [
    `HTTP/1.1 ${found.row.status} ${STATUS_CODES[found.row.status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    'Cache-Control: no-store',
    `X-Request-Id: ${requestId}`,
    'Connection: close'
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  // `end` waits for the client to take the answer; one that does not would hold the connection.
  socket.setTimeout(1000, () => socket.destroy())
}

// An answer out of turn would be taken for another request's: browsers open connections ahead of need, and on a
// connection with several requests the faulty one may stand behind one that is still being answered.
function mayAnswer(socket: Socket): boolean {
  const running = (socket as { _httpMessage?: ServerResponse })._httpMessage
  if (!running) return socket.bytesRead > 0
  return !running.headersSent && !running.req.complete
}
