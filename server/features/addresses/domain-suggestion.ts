import { createHash } from 'node:crypto'
import { judgeDomainName, longestDomainCharacters } from './domain-name.ts'
import { isReservedName } from './reserved-name.ts'

const readCharacters = 200
const mostSuggestions = 40
const endings = ['hq', 'team', 'work', 'co', 'group', 'desk', 'space', '2', '3']
const hashedPerBase = 3
const neutralNames = 16

const legalForms = new Set([
  ...[
    'ab',
    'ag',
    'bv',
    'co',
    'company',
    'corp',
    'corporation',
    'gmbh',
    'inc',
    'incorporated',
    'kg',
    'limited'
  ],
  ...['llc', 'llp', 'ltd', 'nv', 'oy', 'oyj', 'plc', 'pte', 'pty', 'sa', 'sarl', 'sas', 'spa', 'srl']
])
const spelledOut: Record<string, string> = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i', ħ: 'h', ŋ: 'n' },
  ...{ "'": '', '’': '', '`': '', ʼ: '' }
}
const germanSpelling: Record<string, string> = { ä: 'ae', ö: 'oe', ü: 'ue', ø: 'oe', å: 'aa' }

/**
 * Names to offer instead of a wish that cannot be had, best first: all bearable (`judgeDomainName`), distinct,
 * never the wish as typed, 12 to 40 of them whatever the input. The same input gives the same names, so the
 * caller asks the database once which are free.
 */
export function suggestDomainNames(wish: string, { company }: { company: string }): string[] {
  const found = new Set<string>()
  const wished = wish.slice(0, readCharacters)
  const ofWish = spellings(firstLabel(wished))
  const ofCompany = companySpellings(company.slice(0, readCharacters))
  for (const name of candidates(ofWish, ofCompany, (count) => hashTail(wish, company, count))) {
    if (name === wish || judgeDomainName(name) !== undefined) continue
    found.add(name)
    if (found.size === mostSuggestions) break
  }
  return [...found]
}

function* candidates(
  ofWish: string[],
  ofCompany: string[],
  tail: (count: number) => string
): Generator<string> {
  const [firstWish] = ofWish
  const [firstCompany] = ofCompany
  yield* [...ofWish, ...ofCompany].map((base) => withEnding(base, ''))
  if (firstWish && firstCompany && !firstWish.includes(firstCompany) && !firstCompany.includes(firstWish)) {
    yield withEnding(firstCompany, `-${firstWish}`)
    if (!isReservedName(firstWish)) yield withEnding(firstWish, `-${firstCompany}`)
  }
  // A refused name does not become honest by an ending: no `admin-hq`.
  const bases = [firstWish, firstCompany]
    .filter((base) => base !== undefined)
    .filter((base) => !isReservedName(base))
  const distinct = [...new Set(bases)]
  const tails = Array.from({ length: hashedPerBase }, (_, count) => tail(count))
  for (const ending of [...endings, ...tails])
    for (const base of distinct) yield withEnding(base, `-${ending}`)
  for (let count = 0; count < neutralNames; count++) yield `workspace-${tail(hashedPerBase + count)}`
}

/** Agents send whole addresses as well: of `https://www.acme.com/` the wish is `acme`. */
function firstLabel(wish: string): string {
  const host = wish
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/^www\./i, '')
  return host.split(/[./]/, 1)[0] ?? ''
}

function companySpellings(company: string): string[] {
  const names = spellings(company).flatMap((name) => [withoutLegalForm(name), name])
  const [shortest = ''] = names
  const parts = shortest.split('-')
  const initials = parts.map((part) => part.slice(0, 1)).join('')
  return [...new Set([...names, parts[0] ?? '', initials])].filter(
    (name) => name.length > 1 && name !== 'the'
  )
}

function withoutLegalForm(name: string): string {
  const parts = name.split('-')
  while (parts.length > 1 && legalForms.has(parts.at(-1) ?? '')) parts.pop()
  return parts.join('-')
}

/** `Müller` is spelled `muller` and `mueller`; a text without Latin letters or digits not at all. */
function spellings(text: string): string[] {
  const lower = text.normalize('NFKC').toLowerCase()
  const german = Array.from(lower, (letter) => germanSpelling[letter] ?? letter).join('')
  return [...new Set([hyphenated(lower), hyphenated(german)])].filter((name) => name !== '')
}

function hyphenated(text: string): string {
  return Array.from(text, (letter) => spelledOut[letter] ?? letter)
    .join('')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .split(/[^a-z0-9]+/)
    .filter((part) => part !== '')
    .join('-')
}

/** Cut to length, of the base at least half. */
function withEnding(base: string, ending: string): string {
  const kept = base.slice(0, Math.max(longestDomainCharacters - ending.length, longestDomainCharacters / 2))
  return `${kept.replace(/-$/, '')}${ending}`.slice(0, longestDomainCharacters).replace(/-$/, '')
}

function hashTail(wish: string, company: string, count: number): string {
  return createHash('sha256')
    .update(JSON.stringify([wish.slice(0, readCharacters), company.slice(0, readCharacters), count]))
    .digest('hex')
    .slice(0, 4)
}
