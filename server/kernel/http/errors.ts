import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TLocalizedValidationError } from 'typebox/error'
import { Problem, type ProblemCode, problem, problemBody } from '../problem.ts'
import { isPage } from './access.ts'
import { fieldFaults } from './field-fault.ts'
import { problemPage } from './problem-page.ts'
import { noteProblem } from './request-log.ts'
import { readTarget } from './request-target.ts'

const frameworkCodes: Record<string, ProblemCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'MALFORMED_BODY',
  FST_ERR_BAD_URL: 'REQUEST_MALFORMED',
  FST_ERR_MAX_PARAM_LENGTH: 'REQUEST_MALFORMED',
  FST_ERR_NOT_FOUND: 'ROUTE_NOT_FOUND',
  // The client went away in the middle of its body; the answer reaches nobody.
  ECONNRESET: 'REQUEST_MALFORMED'
}

/** The problem behind whatever was thrown. What nobody foresaw is INTERNAL_ERROR, with its cause for the log only. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (!(error instanceof Error)) return problem('INTERNAL_ERROR', { cause: error })
  const { validation, validationContext } = error as { validation?: unknown; validationContext?: string }
  if (Array.isArray(validation)) return validationProblem(validation, validationContext ?? 'body')
  const code = frameworkCodes[String((error as { code?: unknown }).code)]
  if (code === 'MALFORMED_BODY') return malformedBody('invalid')
  return code ? problem(code) : problem('INTERNAL_ERROR', { cause: error })
}

function validationProblem(errors: TLocalizedValidationError[], context: string): Problem {
  const part = context === 'querystring' ? 'query' : context
  // The whole body is something other than the object that the route takes.
  const isWrongBody = part === 'body' && errors.some((e) => e.instancePath === '' && e.keyword === 'type')
  return isWrongBody
    ? malformedBody('invalid')
    : problem('VALIDATION_FAILED', { fields: fieldFaults(errors, part) })
}

function malformedBody(code: string): Problem {
  return problem('MALFORMED_BODY', { fields: [{ field: 'body', code }] })
}

/** Members that a door adds to each of its errors, beside the contract's five. */
export type AddMembers = (
  found: Problem,
  request: FastifyRequest
) => Record<string, unknown> | Promise<Record<string, unknown>>

/**
 * The one answer to every error, also for a route's own `errorHandler`. Sets status and headers and gives the body to
 * send: JSON as contract §1 has it, or a small page on a page route. Never tells what INTERNAL_ERROR hides.
 */
export async function answerProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  addMembers?: AddMembers
): Promise<string> {
  const found = toProblem(error)
  noteProblem(request, found)
  reply.code(found.row.status)
  // What the handler set for the answer it did not give.
  for (const name of ['etag', 'last-modified', 'link', 'location']) reply.removeHeader(name)
  reply.header('cache-control', 'no-store')
  // Closing on a client that is still sending would cost it this answer. What it sends is dropped, for as long as a
  // request may take.
  reply.removeHeader('connection')
  const retryAfterSeconds = found.retryAfterSeconds ?? defaultRetrySeconds(found)
  if (retryAfterSeconds !== undefined) reply.header('retry-after', Math.max(1, Math.ceil(retryAfterSeconds)))
  const added = addMembers ? await addSafely(addMembers, found, request) : {}
  if (isForPerson(request)) {
    reply.type('text/html; charset=utf-8')
    const waitSeconds = found.row.status === 429 ? retryAfterSeconds : undefined
    return problemPage(found, request.id, waitSeconds).text
  }
  reply.type('application/json; charset=utf-8').serializer((body: string) => body)
  return JSON.stringify({ ...problemBody(found, request.id), ...added })
}

// An error answer must not be lost because its extra members could not be had.
async function addSafely(addMembers: AddMembers, found: Problem, request: FastifyRequest) {
  try {
    return await addMembers(found, request)
  } catch (err) {
    request.log.error({ err }, 'The members of an error answer could not be made')
    return {}
  }
}

function defaultRetrySeconds(found: Problem): number | undefined {
  return found.row.status === 429 || found.row.status === 503 ? 1 : undefined
}

// Whoever mistypes an address in a browser gets a page; below /api all answers are JSON.
function isForPerson(request: FastifyRequest): boolean {
  if (isPage(request)) return !asksForJson(request)
  const isPerson = (request.headers.accept ?? '').includes('text/html')
  return request.is404 && isPerson && !readTarget(request.raw).path.startsWith('/api/')
}

function asksForJson(request: FastifyRequest): boolean {
  const accept = request.headers.accept ?? ''
  return accept.includes('application/json') && !accept.includes('text/html')
}
