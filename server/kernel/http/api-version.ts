import type { FastifyRequest } from 'fastify'
import { problem } from '../problem.ts'
import { readTarget } from './request-target.ts'

export const supportedVersions = '1.0'

const fault = [{ field: 'api-version', code: 'not_allowed' }]

/**
 * Checks the versions that an `/api/` request names (contract §1). Throws AMBIGUOUS_API_VERSION when two disagree and
 * API_VERSION_UNSUPPORTED when there is no such version. None named means the latest.
 */
export function checkVersion(request: FastifyRequest): void {
  const named = new Set(namedVersions(request).map((version) => (version === '1' ? '1.0' : version)))
  if (named.size > 1) throw problem('AMBIGUOUS_API_VERSION', { fields: fault })
  if (named.size === 1 && !named.has(supportedVersions)) {
    throw problem('API_VERSION_UNSUPPORTED', { fields: fault })
  }
}

function namedVersions(request: FastifyRequest): string[] {
  const header = request.headers['x-api-version']
  return [
    ...readTarget(request.raw).versions,
    ...(header === undefined ? [] : String(header).split(',')),
    ...mediaTypeVersions(request.headers.accept ?? '')
  ].map((version) => version.trim())
}

function mediaTypeVersions(accept: string): string[] {
  return accept.split(/[;,]/).flatMap((part) => {
    const match = /^\s*x-api-version\s*=\s*"?([^"]*)"?\s*$/i.exec(part)
    return match?.[1] === undefined ? [] : [match[1]]
  })
}
