import assert from 'node:assert/strict'
import { problemTable } from '#server/kernel/problem-table.ts'
import type { Answer } from './world.ts'

// What only our own source, a query or a stack would say.
const insides =
  /node_modules|\bat .+\.ts:\d|file:\/\/|syntax error at|violates|relation "|column "|invalid input|kysely|SqlState/i
// The mark of the house and the sign of a page: the only pictures of ours.
const ownPictures =
  /<img src="\/assets\/ekso\.svg" alt="" width="28" height="28">|<span class="mark [a-z]+" aria-hidden="true"><svg [^<>]*>(?:<(?:path|circle|rect) [^<>]*>(?:<\/[a-z]+>)?)*<\/svg><\/span>/g
// Beside them our own pages have none of these, and no handler in any tag.
const foreignMarkup =
  /<(?:script|img|svg|object|embed)|<link rel="(?!(?:stylesheet|icon)")|<[a-z]+[^<>]*\son[a-z]+=/i

/** Asserts that an answer is one that the contract knows: success, a move, or an error in its shape (contract §1). */
export function assertSound(answer: Answer, sent: string): void {
  assert.ok(answer.status < 500, `${sent} answered ${answer.status}: ${answer.text.slice(0, 500)}`)
  assert.doesNotMatch(answer.text, insides, sent)
  for (const [name, value] of Object.entries(answer.headers)) {
    assert.doesNotMatch(String(value), /[\r\n]/, `${sent}: header ${name}`)
    assert.notEqual(name, 'x-injected', `${sent}: header ${name}`)
  }
  assertOwnCookies(answer, sent)
  assertOwnLocation(answer, sent)
  const type = answer.headers['content-type'] ?? ''
  if (type.startsWith('text/html')) assert.doesNotMatch(bareMarkup(answer.text), foreignMarkup, sent)
  if (answer.status < 400) return
  if (answer.text === '') return
  if (typeof answer.body?.error === 'string') assertOauthError(answer, sent)
  else if (type.startsWith('application/json')) assertProblem(answer, sent)
  else assert.match(type, /^text\/html/, `${sent} answered ${answer.status} as ${type}`)
}

// Every attribute of ours stands in double quotes; what a value says, once it cannot leave them, is text.
function bareMarkup(text: string): string {
  const markup = text.replaceAll(ownPictures, '')
  return markup.replaceAll(
    /(<[a-z][^<>"]*)((?:"[^"<>]*"[^<>"]*)+)>/gi,
    (_, tag, rest) => `${tag}${rest.replaceAll(/(\svalue=)"[^"]*"/g, '$1""')}>`
  )
}

const ownCookie =
  /^(?:__Host-)?ekso(?:-[a-z]+)?=[A-Za-z0-9._~-]*; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax(?:; Secure)?$/

// Cookies are for people: the API gives none, and a page only those of our own making.
function assertOwnCookies({ headers }: Answer, sent: string): void {
  const lines = [headers['set-cookie'] ?? []].flat()
  if (lines.length === 0) return
  assert.doesNotMatch(headers['content-type'] ?? '', /json/, `${sent}: a cookie for a program`)
  for (const line of lines) assert.match(line, ownCookie, `${sent}: header set-cookie`)
}

function assertOwnLocation({ headers: { location } }: Answer, sent: string): void {
  if (location !== undefined) assert.match(location, /^\/(?![/\\])/, `${sent} leads to ${location}`)
}

// RFC 6749 section 5.2, RFC 7591 section 3.2.2: the endpoints of the authorization server have a shape of their own.
function assertOauthError({ body }: Answer, sent: string): void {
  assert.match(sent, /\/(?:token|revoke|register)/)
  assert.match(body.error, /^[a-z_]+$/, sent)
  assert.deepEqual(
    Object.keys(body).filter((name) => name !== 'error' && name !== 'error_description'),
    [],
    sent
  )
}

function assertProblem({ status, body }: Answer, sent: string): void {
  const row = problemTable[body.code as keyof typeof problemTable]
  assert.ok(row, `${sent}: no such code ${body.code}`)
  assert.deepEqual({ status, kind: body.kind }, { status: row.status, kind: row.kind }, sent)
  assert.equal(body.message, row.say, sent)
  assert.match(body.requestId, /^req_[0-9a-z]{26}$/, sent)
  assert.ok(Array.isArray(body.fields), sent)
  for (const entry of body.fields)
    assert.deepEqual(Object.keys(entry).sort(), ['code', 'field'], `${sent}: ${JSON.stringify(entry)}`)
  if (row.kind !== 'Validation') assert.deepEqual(body.fields, [], sent)
}
