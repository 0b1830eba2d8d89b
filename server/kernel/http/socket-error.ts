import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionError } from 'fastify'
import { newId } from '../ids.ts'
import type { Log } from '../log.ts'
import { problem, problemBody } from '../problem.ts'

/** Answers bytes that are no HTTP request in the shape of every other error, and ends the connection. */
export function answerSocketError(error: ConnectionError, socket: Socket, log: Pick<Log, 'debug'>): void {
  const running = (socket as { _httpMessage?: ServerResponse })._httpMessage
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
  } else if (running && (running.headersSent || running.req.complete)) {
    // The fault stands behind a request that is still being answered: its answer must not be lost, nor be this one.
    running.shouldKeepAlive = false
    running.once('close', () => socket.destroySoon())
  } else if (!running && error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    // Browsers open connections ahead of need and would take an answer for that of their next request.
    socket.destroy()
  } else {
    refuse(error, socket, log)
  }
}

function refuse(error: ConnectionError, socket: Socket, log: Pick<Log, 'debug'>): void {
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
