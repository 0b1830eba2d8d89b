import ipaddr from 'ipaddr.js'
import { isLocalhostName, parseHost } from '#server/kernel/hosts.ts'
import type { Limit } from '#server/kernel/limit-hits.ts'
import type { Means } from '#server/kernel/means.ts'
import { isLocalhostUrl } from '#server/kernel/public-url.ts'
import { hashesMatch } from '#server/kernel/secrets.ts'

/** Tries of a setup token per client address (contract §4): guessers must not lock out whoever has it. */
export const setupTokenLimit: Limit = { name: 'setup-token', quota: 5, windowSeconds: 60 }

/** From where the wizard is asked to act: headers as they came. */
export type Caller = { host: string | undefined; origin: string | undefined }

/**
 * Whether a claim must carry the setup token: always, unless the URL in force, the posted one if there is one, the
 * address that the server listens on and the request's Host are all this machine's own (contract §4).
 */
export function needsSetupToken(
  means: Pick<Means, 'publicUrl' | 'settings'>,
  caller: Caller,
  posted: URL = means.publicUrl
): boolean {
  const host = parseHost(caller.host, 'http:')
  const isAllLocal =
    isLocalhostUrl(means.publicUrl) &&
    isLocalhostUrl(posted) &&
    isLoopbackAddress(means.settings.host) &&
    host !== undefined &&
    isLocalhostName(host.name)
  return !isAllLocal || isForeignOrigin(caller.origin, means.publicUrl)
}

/** Whether this is the token of the settings, in constant time. */
export function isSetupToken(means: Pick<Means, 'secrets' | 'settings'>, given: string): boolean {
  const { setupToken } = means.settings
  if (setupToken === undefined) return false
  const hash = (text: string) => means.secrets.hash('setup-token', text)
  return hashesMatch(hash(given), hash(setupToken))
}

// /api answers every origin, so any site open in a browser on this machine could post a claim to it.
function isForeignOrigin(origin: string | undefined, publicUrl: URL): boolean {
  return origin !== undefined && origin !== publicUrl.origin
}

function isLoopbackAddress(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '')
  return ipaddr.isValid(bare) ? ipaddr.process(bare).range() === 'loopback' : isLocalhostName(bare)
}
