import type { Tx } from '#server/kernel/db.ts'
import type { Means } from '#server/kernel/means.ts'
import { judgeDomainName } from './domain-name.ts'
import { suggestDomainNames } from './domain-suggestion.ts'
import { foldedAddress } from './email-address.ts'

export const suggestionsOffered = 3
export const restDays = 180

/** Whether a domain can be had now by this address: a name given back rests for everybody else (contract §2). */
export async function isDomainFree(tx: Tx, means: Means, domain: string, email: string): Promise<boolean> {
  return (await takenDomains(tx, means, [domain], email)).size === 0
}

/** Three domains near the wish that are valid and free at this moment; nothing is held. */
export async function suggestDomains(
  tx: Tx,
  means: Means,
  wish: { domain: string; company: string; email: string }
): Promise<string[]> {
  const candidates = suggestDomainNames(wish.domain, { company: wish.company })
  const valid = candidates.filter((candidate) => judgeDomainName(candidate) === undefined)
  const taken = await takenDomains(tx, means, valid, wish.email)
  return valid.filter((candidate) => !taken.has(candidate)).slice(0, suggestionsOffered)
}

/** Lets a name rest after its workspace was given back: links to it must not lead to a stranger. */
export async function restDomain(tx: Tx, means: Means, domain: string, email: string): Promise<void> {
  const until = new Date(means.now.getTime() + restDays * 24 * 3600 * 1000)
  const row = { domain, until, address_hash: restHash(means, email) }
  await tx
    .insertInto('domain_rests')
    .values(row)
    .onConflict((conflict) => conflict.column('domain').doUpdateSet(row))
    .execute()
}

/** Ends a rest when the address that gave the name back takes it again. */
export async function endDomainRest(tx: Tx, domain: string): Promise<void> {
  await tx.deleteFrom('domain_rests').where('domain', '=', domain).execute()
}

async function takenDomains(tx: Tx, means: Means, domains: string[], email: string): Promise<Set<string>> {
  if (domains.length === 0) return new Set()
  const used = await tx.selectFrom('tenants').select('domain').where('domain', 'in', domains).execute()
  const resting = await tx
    .selectFrom('domain_rests')
    .select('domain')
    .where('domain', 'in', domains)
    .where('until', '>', means.now)
    .where('address_hash', '!=', restHash(means, email))
    .execute()
  return new Set([...used, ...resting].flatMap(({ domain }) => domain ?? []))
}

function restHash(means: Means, email: string): Buffer {
  return means.secrets.hash('domain-rest', foldedAddress(email))
}
