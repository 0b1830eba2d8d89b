// Words that head every list of leaked passwords; with the usual upper-case letter and digits around them they
// pass the rules of composition and are tried first.
const commonWords = new Set(
  `password passwort passw0rd pass pwd admin administrator root user guest welcome willkommen bienvenue hello hallo bonjour
  letmein login logmein changeme secret default test testing temp temporary master access system server oracle qwerty qwertz
  azerty qazwsx iloveyou ilove loveyou love princess sunshine monkey dragon football baseball basketball softball soccer
  hockey tennis golf superman batman spiderman starwars pokemon naruto trustno shadow killer hunter ranger computer internet
  samsung google facebook linkedin iphone android windows microsoft apple summer winter spring autumn sommer herbst january
  february march april may june july august september october november december monday tuesday wednesday thursday friday
  saturday sunday london berlin paris newyork chelsea liverpool arsenal barcelona realmadrid juventus manchester ekso
  workspace company office manager freedom whatever flower purple orange yellow banana cookie cheese chocolate mustang
  ferrari porsche mercedes corvette yamaha harley phoenix matrix ninja pepper ginger buster tigger maggie michael jordan
  jessica daniel charlie andrew thomas jennifer ashley nicole amanda samantha joshua matthew robert george william anthony
  hannah michelle patrick alexander martin andrea melissa jasmine lovely angel babygirl blink metallica nirvana slipknot
  eminem tinkerbell butterfly rainbow snoopy scooby minecraft fortnite roblox playboy hottie chicken bailey lakers cowboys
  eagles steelers yankees redsox dallas florida texas hello123 mypassword yourpassword super secure security pakistan india
  america canada deutschland france espana russia monopoly silver golden diamond thunder`.split(/\s+/)
)

const keyRows = [
  'qwertyuiop',
  'qwertzuiop',
  'azertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'yxcvbnm',
  'qazwsxedcrfvtgbyhnujm',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
  '1234567890',
  'abcdefghijklmnopqrstuvwxyz'
].flatMap((row) => [row, [...row].reverse().join('')])

const shortestRun = 3
const lettersForgiven = 1

/**
 * Whether a password is one of the first that are tried: one common word or one of `personal` (names, address,
 * workspace) with digits and signs around it, also in look-alike spelling or repeated; a run along the keyboard or
 * the alphabet; or a few characters over and over.
 */
export function isCommonPassword(password: string, personal: string[]): boolean {
  const text = password.toLowerCase()
  if (new Set(text).size <= 3) return true
  const words = [...commonWords, ...personalWords(personal)]
  const bare = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  const letters = text.replace(/\P{L}/gu, '')
  const spellings = [text, unmask(text), unmask(bare), ...(letters.length > shortestRun ? [letters] : [])]
  return spellings.some(
    (spelling) =>
      isSpent(spelling) ||
      words.some((word) => spelling.includes(word) && isSpent(spelling.replaceAll(word, '')))
  )
}

function personalWords(personal: string[]): string[] {
  const words = personal.flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u))
  return words.filter((word) => word.length >= 3)
}

function unmask(text: string): string {
  const letters: Record<string, string> = {
    '0': 'o',
    '1': 'i',
    '3': 'e',
    '4': 'a',
    '5': 's',
    '7': 't',
    '@': 'a',
    $: 's',
    '!': 'i'
  }
  return text.replace(/[013457@$!]/g, (sign) => letters[sign] ?? sign)
}

// Nothing is left to guess: what is not a run or a repetition has no letters but one.
function isSpent(text: string): boolean {
  let rest = text.replace(/(.)\1+/gu, '')
  for (let start = 0; start < rest.length; start++) {
    const run = longestRun(rest.slice(start))
    if (run >= shortestRun) rest = `${rest.slice(0, start)} ${rest.slice(start + run)}`
  }
  return (rest.match(/\p{L}/gu) ?? []).length <= lettersForgiven
}

function longestRun(text: string): number {
  let length = 0
  while (length < text.length && keyRows.some((row) => row.includes(text.slice(0, length + 1)))) length += 1
  return length
}
