// Words that head every list of leaked passwords; with the usual upper-case letter and digits around them they
// pass the rules of composition and are tried first.
const commonWords = new Set(
  `password passwort passw0rd pass admin administrator root user guest welcome willkommen bienvenue hello letmein login
  changeme secret default test testing temp temporary master access system server oracle qwerty qwertz azerty asdf asdfgh
  zxcvbn qazwsx abc abcd abcdef iloveyou ilove love princess sunshine monkey dragon football baseball basketball soccer
  hockey superman batman spiderman starwars pokemon naruto trustno shadow michael jordan jessica daniel charlie andrew
  thomas computer internet samsung google facebook linkedin iphone android windows apple summer winter spring autumn
  sommer herbst january february march april june july august september october november december monday tuesday
  wednesday thursday friday saturday sunday london berlin paris newyork chelsea liverpool arsenal barcelona ekso workspace
  company office manager hunter killer freedom whatever flower purple orange yellow banana cookie cheese chocolate
  mustang ferrari porsche mercedes corvette yamaha phoenix matrix ninja pepper ginger buster tigger maggie jennifer`.split(
    /\s+/
  )
)

/**
 * Whether a password is one of the first that are tried: a common word with digits and signs around it, also in
 * look-alike spelling, the person's own name or address, or a run or repetition.
 */
export function isCommonPassword(password: string, person: { name: string; email: string }): boolean {
  const text = password.toLowerCase()
  const stem = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  const spelledOut = unmask(text).replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  const personal = [...person.name.toLowerCase().split(/\s+/), person.email.toLowerCase().split('@')[0] ?? '']
  if (personal.some((word) => word.length >= 3 && (stem === word || spelledOut === word))) return true
  return [stem, unmask(stem), spelledOut].some((word) => commonWords.has(word)) || isRun(text)
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

// Aa1Aa1Aa1, 12345678a: few different characters, or most of them one step from their neighbour.
function isRun(text: string): boolean {
  if (new Set(text).size <= 3) return true
  const steps = [...text].slice(1).map((sign, at) => sign.charCodeAt(0) - text.charCodeAt(at))
  const even = steps.filter((step) => Math.abs(step) <= 1).length
  return even >= text.length - 2
}
