import { newSecretToken } from '#server/kernel/ids.ts'
import { hashesMatch, type Secrets } from '#server/kernel/secrets.ts'

type Account = { tenantId: string; userId: string }

const mostAccounts = 5
const entryShape = /^([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/

/** The id under which this browser's failures at the account are counted; undefined when it never signed in to it. */
export function knownBrowserId(
  secrets: Secrets,
  account: Account,
  cookie: string | undefined
): string | undefined {
  return readEntries(cookie).find(({ id, signature }) =>
    hashesMatch(Buffer.from(signature, 'base64url'), sign(secrets, account, id))
  )?.id
}

/**
 * The cookie of a browser that has just signed in to an account, beside the others it knows. `isNew` gives it a new
 * id, and so a counter without failures: for whoever proved with a mailed link whose account it is.
 */
export function rememberBrowser(
  secrets: Secrets,
  account: Account,
  cookie: string | undefined,
  isNew = false
): string {
  const known = knownBrowserId(secrets, account, cookie)
  const id = known === undefined || isNew ? newSecretToken() : known
  const entry = `${id}.${sign(secrets, account, id).toString('base64url')}`
  const others = readEntries(cookie).filter((other) => other.id !== known && other.id !== id)
  return [entry, ...others.map((other) => `${other.id}.${other.signature}`)].slice(0, mostAccounts).join('~')
}

function readEntries(cookie: string | undefined): { id: string; signature: string }[] {
  const entries = (cookie ?? '').split('~', mostAccounts)
  return entries.flatMap((entry) => {
    const [, id, signature] = entryShape.exec(entry) ?? []
    return id === undefined || signature === undefined ? [] : [{ id, signature }]
  })
}

function sign(secrets: Secrets, { tenantId, userId }: Account, id: string): Buffer {
  return secrets.hash('known-browser', tenantId, userId, id)
}
