import { makeBoundedMap } from '#server/kernel/bounded-map.ts'
import { addSeconds, type Clock } from '#server/kernel/clock.ts'
import type { Outbound } from '#server/kernel/outbound.ts'
import type { Settings } from '#server/kernel/settings.ts'
import { type ClientMetadata, readClientDocument } from './client-metadata.ts'

/**
 * Client id metadata documents: clients that are named by the address of a document about themselves
 * (draft-ietf-oauth-client-id-metadata-document). Fetched before the library asks, so that no transaction waits for a
 * stranger's server.
 */
export type ClientDocuments = {
  /** Whether such clients are taken at the moment; with `auto`, whether this server reaches the internet. */
  isOn(): boolean
  /** Brings the document of a client id into memory, when the id is an address and documents are on. Never throws. */
  load(clientId: string): Promise<void>
  /** What `load` brought, as a client; undefined when it is no such client or its document is faulty. */
  find(clientId: string): ClientMetadata | undefined
  /** What `load` brought, as the library wants it. */
  respond(url: string): Response
}

type Held = { metadata: ClientMetadata | undefined; until: Date }

const mostDocuments = 500
const documentBytes = 5 * 1024
const documentSeconds = { least: 300, most: 24 * 3600, faulty: 60 }
/** Fetches of one host within the time that a faulty document is remembered: many ids of one host are one guess. */
const mostFetchesPerHost = 20
const probeSeconds = { reached: 3600, missed: 60 }
// A document that a well-known client serves: who reaches it, reaches the others.
const probeUrl = 'https://claude.ai/oauth/claude-code-client-metadata'

export function openClientDocuments(parts: {
  settings: Pick<Settings, 'clientDocuments'>
  outbound: Outbound
  clock: Clock
}): ClientDocuments {
  const { settings, outbound, clock } = parts
  const held = makeBoundedMap<string, Held>(mostDocuments)
  const running = new Map<string, Promise<void>>()
  const mayFetch = makeHostBudget(clock)
  const reaches = makeProbe(outbound, clock)
  const isOn = () => settings.clientDocuments === 'on' || (settings.clientDocuments === 'auto' && reaches())
  const fetchOne = async (clientId: string): Promise<void> => {
    const answer = await outbound
      .get(clientId, { accept: 'application/json', mostBytes: documentBytes })
      .catch(() => undefined)
    const metadata = answer?.status === 200 ? readClientDocument(clientId, answer.body) : undefined
    const seconds = metadata ? cacheSeconds(answer?.headers['cache-control']) : documentSeconds.faulty
    held.set(clientId, { metadata, until: addSeconds(clock(), seconds) })
  }
  const find = (clientId: string) => {
    const known = held.get(clientId)
    return known && known.until > clock() ? known : undefined
  }
  return {
    isOn,
    load: async (clientId) => {
      if (!isDocumentUrl(clientId) || !isOn() || find(clientId)) return
      if (running.has(clientId)) return running.get(clientId)
      if (!mayFetch(new URL(clientId).host)) return
      const work = fetchOne(clientId).finally(() => running.delete(clientId))
      running.set(clientId, work)
      return work
    },
    find: (clientId) => find(clientId)?.metadata,
    respond: (url) => {
      const metadata = find(url)?.metadata
      return metadata ? Response.json(metadata) : new Response('', { status: 404 })
    }
  }
}

/** Whether a client id is an address of a document: https, a path, no user, no fragment, the usual port. */
export function isDocumentUrl(clientId: string): boolean {
  if (!clientId.startsWith('https://') || clientId.length > 512 || !URL.canParse(clientId)) return false
  const url = new URL(clientId)
  return (
    url.href === clientId && url.pathname !== '/' && !url.hash && !url.username && !url.password && !url.port
  )
}

function cacheSeconds(header: string | undefined): number {
  if (/\bno-(?:store|cache)\b/.test(header ?? '')) return documentSeconds.least
  const asked = Number(/\bmax-age\s*=\s*(\d{1,9})/.exec(header ?? '')?.[1] ?? documentSeconds.least)
  return Math.min(documentSeconds.most, Math.max(documentSeconds.least, asked))
}

function makeHostBudget(clock: Clock): (host: string) => boolean {
  const counts = makeBoundedMap<string, { count: number; until: Date }>(mostDocuments)
  return (host) => {
    const now = clock()
    const known = counts.get(host)
    const current =
      known && known.until > now ? known : { count: 0, until: addSeconds(now, documentSeconds.faulty) }
    if (current.count >= mostFetchesPerHost) return false
    counts.set(host, { ...current, count: current.count + 1 })
    return true
  }
}

// Answers what is known and finds out meanwhile: metadata must not wait for the internet.
function makeProbe(outbound: Outbound, clock: Clock): () => boolean {
  let reached = false
  let until: Date | undefined
  return () => {
    const now = clock()
    if (until && until > now) return reached
    until = addSeconds(now, probeSeconds.missed)
    void outbound.get(probeUrl, { accept: 'application/json', mostBytes: documentBytes }).then(
      ({ status }) => {
        reached = status === 200
        if (reached) until = addSeconds(clock(), probeSeconds.reached)
      },
      () => {
        reached = false
      }
    )
    return reached
  }
}
