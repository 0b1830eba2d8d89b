import listedNames from 'reserved-subdomains/names.json' with { type: 'json' }

// The package's patterns are left out on purpose: they are not anchored, `m[0-9]+` alone refuses `team42`.
// What they are meant for, hosts that an operator numbers beside the workspaces, is said here.
const numberedHost = /^(?:db|dns|ftp|host|imap|mx|ns|pop|server|smtp|static|vpn|ww)-?[0-9]{1,3}$/

/**
 * The package also lists the largest US companies. A famous mark may stay reserved, a stranger could deceive
 * under it; what is as well a word, a surname or somebody's initials is given back.
 */
const givenBack = words(`
  abm adp aep aes ajg ally arrow ashland ball baxter bbt bms cardinal caterpillar cbre cdw charter chk chs cmc
  csc csx cummins dana darden delta dish diversity dover dow eastman emc emerson farmers fcx fnf ford frontier
  general gilead grainger harman hertz hess humana huntsman insight itw jacobs jarden jll kkr lear legacy lfg
  lilly loews masco mattel micron mmc ncr newell nov nucor oxy parker pge pmi pnc ppg principal progressive
  prudential regions ryder sands sherwin simon sjm southwest staples stryker target tjx travelers twc unum upi
  utc voya westrock williams windstream yum`)

/** By hand: what the package lacks, our routes and brand, and what a caller's bug sends (`null`). */
const addedNames = words(`
  ekso mcp a2a agent agents llms well-known mta-sts isatap wpad security autodiscover autoconfig dmarc
  api authorize token tokens register revoke introspect userinfo jwks issuer docs guide guides healthz readyz
  livez health ready metrics openapi swagger startup setup wizard confirm undo cancel resend password passwords
  signup sign-up signups signin sign-in signout sign-out login log-in logout log-out logon dev assets oauth
  oauth2 openid oidc saml scim sso home consent interaction resume session sessions apps keys key app web www
  mail code check status account accounts settings workspace workspaces tenant tenants install installs people
  invite invites join new reset verify verification unsubscribe hook hooks webhook webhooks callback redirect
  favicon robots manifest static public internal private system staff official owner superuser sysadmin
  superadmin support helpdesk noreply no-reply abuse postmaster hostmaster webmaster localhost null undefined
  none anonymous guest nobody everyone`)

/**
 * Names under which a stranger could pass for the operator; `(s)` marks those refused in the plural too. The
 * shorter a name, the more honest words stand beside it, so the less is folded.
 */
const deceptiveNames = {
  // Only 0 and 1 are read as letters: `4pi`, `apl` and `aapi` are honest.
  narrow: words('api(s) sso'),
  // All look-alike digits and `rn`, but i and l stay apart: `mall` is a word, `emali` a town.
  middle: words('auth ekso email(s) help mail(s) oauth root'),
  // i and l are one, and a letter may be doubled (`adminn`).
  wide: words(`
    account(s) admin(s) administrator(s) billing helpdesk hostmaster login(s) logon password(s) postmaster
    security signin signup status superadmin superuser support sysadmin(s) webmail webmaster`)
}
const lettersWithDigit = 'abegilost'
const digitsForLetters = '483911057'
const pairsReadAs = new Map([
  ['d', 'cl'],
  ['m', 'rn'],
  ['w', 'vv']
])

type Width = keyof typeof deceptiveNames

// Such a part says nothing of its own: `support-team` is still support.
const filler = 'centers?|centre|desk|my|official|page|portal|secure|services?|staff|team|verify'
const brandFiller = `${filler}|app|apps|cloud|dev|hq|inc|online|web|work|www`

const anyDeceptive = deceptive('').join('|')
const brand = look('ekso', 'middle', '')

const lookAlikes = [
  ...deceptive('-?'),
  '(?:w|vv)(?:-?(?:w|vv)){2,}',
  // All parts deceive: `account-security`, `my-account`; but `ekso-bionics`, `root-cause` are free.
  `(?:(?:${filler})-)*(?:${anyDeceptive})(?:-(?:${anyDeceptive}|${filler}))*`,
  `${brand}-?(?:${anyDeceptive}|${brandFiller})`,
  `(?:${anyDeceptive}|${brandFiller})-?${brand}`
]
// Trailing digits change nothing: `www2`, `login-1`.
const lookAlike = new RegExp(`^(?:${lookAlikes.join('|')})-?[0-9]*$`)

const reservedNames: ReadonlySet<string> = new Set([
  ...listedNames.filter((name) => !givenBack.has(name)),
  ...addedNames
])
const longestLabelCharacters = 63

/**
 * Says whether no workspace may take this name: listed (exactly), or a look-alike of a name that could deceive.
 * A route's first path segment must answer true (contract §2); the name's form is judged elsewhere.
 */
export function isReservedName(domain: string): boolean {
  if (domain.length > longestLabelCharacters) return false
  return reservedNames.has(domain) || numberedHost.test(domain) || lookAlike.test(domain)
}

function deceptive(between: string): string[] {
  const widths: Width[] = ['narrow', 'middle', 'wide']
  return widths.flatMap((width) => [...deceptiveNames[width]].map((name) => look(name, width, between)))
}

function look(markedName: string, width: Width, between: string): string {
  const name = markedName.replace('(s)', '')
  const plural = name === markedName ? '' : '[s5]?'
  return `${Array.from(name, (letter) => letterForms(letter, width)).join(between)}${plural}`
}

function letterForms(letter: string, width: Width): string {
  if (width === 'narrow') return letter === 'i' ? '(?:i|1{1,2})' : letter === 'o' ? '(?:o|0{1,2})' : letter
  const digit = digitsForLetters[lettersWithDigit.indexOf(letter)]
  const pair = pairsReadAs.get(letter)
  const twin = width === 'wide' && letter === 'i' ? 'l' : width === 'wide' && letter === 'l' ? 'i' : undefined
  const ways = [letter, digit && `${digit}{1,2}`, pair, twin].filter((way) => way !== undefined)
  return width === 'wide' ? `(?:${ways.join('|')}|${letter}${letter})` : `(?:${ways.join('|')})`
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/))
}
