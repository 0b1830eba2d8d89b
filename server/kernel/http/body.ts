import type { FastifyRequest } from 'fastify'
import { type Problem, problem } from '../problem.ts'
import { isPage } from './access.ts'
import type { Http } from './http-type.ts'
import { decodeFormText } from './request-target.ts'

export const bodyBytes = 1024 * 1024
const depthLimit = 32
const formFieldLimit = 1000

/** Takes JSON on every route and forms on pages, nothing else. An empty body is no body. */
export function takeBodies(http: Http): void {
  http.removeAllContentTypeParsers()
  http.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    settle(() => parseJson(readText(request, bytes as Buffer)), done)
  })
  http.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    (request, bytes, done) => {
      settle(() => parseForm(request, readText(request, bytes as Buffer)), done)
    }
  )
}

function settle(parse: () => unknown, done: (error: Error | null, body?: unknown) => void): void {
  let body: unknown
  try {
    body = parse()
  } catch (error) {
    done(error as Error)
    return
  }
  done(null, body)
}

function readText(request: FastifyRequest, bytes: Buffer): string {
  const encoding = request.headers['content-encoding']
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(request.headers['content-type'] ?? '')?.[1]
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) throw problem('UNSUPPORTED_MEDIA_TYPE')
  if (encoding !== undefined && encoding !== 'identity') throw problem('UNSUPPORTED_MEDIA_TYPE')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw malformed()
  }
}

function parseJson(text: string): unknown {
  if (text === '') return undefined
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw malformed()
  }
  refuseHostileValues(body)
  return body
}

// Walked without recursion: the depth is the caller's to choose.
function refuseHostileValues(body: unknown): void {
  const waiting: { value: unknown; depth: number }[] = [{ value: body, depth: 0 }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, depth } = next
    if (typeof value === 'string') refuseHostileText(value)
    if (typeof value !== 'object' || value === null) continue
    if (depth >= depthLimit) throw malformed()
    if (!Array.isArray(value)) for (const name of Object.keys(value)) refuseHostileName(name)
    for (const member of Object.values(value)) waiting.push({ value: member, depth: depth + 1 })
  }
}

function refuseHostileName(name: string): void {
  if (name === '__proto__' || name === 'constructor') throw malformed()
  refuseHostileText(name)
}

// PostgreSQL has no NUL in text, and a lone surrogate is not Unicode: it would come back as another character.
function refuseHostileText(text: string): void {
  if (text.includes('\0') || !text.isWellFormed()) throw malformed()
}

function parseForm(request: FastifyRequest, text: string): unknown {
  if (!isPage(request)) throw problem('UNSUPPORTED_MEDIA_TYPE')
  const pairs = text === '' ? [] : text.split('&', formFieldLimit + 1)
  if (pairs.length > formFieldLimit) throw problem('BODY_TOO_LARGE')
  const fields: Record<string, string | string[]> = Object.create(null)
  for (const pair of pairs) {
    const split = pair.indexOf('=')
    const name = decodeFormText(split < 0 ? pair : pair.slice(0, split))
    const value = split < 0 ? '' : decodeFormText(pair.slice(split + 1))
    if (name === undefined || value === undefined) throw malformed()
    refuseHostileName(name)
    refuseHostileText(value)
    const earlier = fields[name]
    fields[name] = earlier === undefined ? value : [earlier, value].flat()
  }
  return fields
}

function malformed(): Problem {
  return problem('MALFORMED_BODY', { fields: [{ field: 'body', code: 'invalid' }] })
}
