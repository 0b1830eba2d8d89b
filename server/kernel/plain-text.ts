export const longestNameCharacters = 120
export const longestCompanyCharacters = 120
export const longestAgentNameCharacters = 60

const readUnits = 4000

// Default_Ignorable holds what shows nothing: zero width, BOM, soft hyphen, fillers, variation selectors, tags.
// U+2800 is a Braille cell without dots: a name of it alone would look empty.
const forbidden =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]/u

// Scripts whose spelling needs ZWNJ or ZWJ inside a word (Persian plurals, Indic conjuncts).
const joiningScripts =
  'Arabic Syriac Mongolian Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala'
const joining = joiningScripts
  .split(' ')
  .map((script) => `\\p{Script_Extensions=${script}}`)
  .join('')
const emoji = '\\p{Extended_Pictographic}'

// Each is looked up beside its neighbours: alone, doubled, or between Latin letters it stays forbidden.
const needed = new RegExp(
  [
    `(?<=[${joining}])[\\u200C\\u200D](?=[${joining}])`,
    `(?<=${emoji}\\uFE0F?|\\p{Emoji_Modifier})\\u200D(?=${emoji})`,
    `(?<=${emoji})\\uFE0F|(?<=[0-9#*])\\uFE0F(?=\\u20E3)`,
    '(?<=\\p{Script=Han})[\\u{FE00}-\\u{FE02}\\u{E0100}-\\u{E01EF}]'
  ].join('|'),
  'gu'
)

/**
 * Says whether a one-line text (a person's or company's name) holds what people cannot see or what reorders it:
 * control characters with CR, LF, TAB and NUL, bidi controls, line separators, unpaired surrogates, invisible
 * format characters.
 *
 * Allowed where writing needs it: ZWNJ and ZWJ between letters of joining scripts, ZWJ within an emoji,
 * variation selectors after an emoji or a Han character. Anywhere else they would make two names that look alike. Tag
 * characters are refused always, and with them three flags (England, Scotland, Wales): they can smuggle text to
 * a language model.
 */
export function hasForbiddenCharacters(text: string): boolean {
  return forbidden.test(text) && forbidden.test(text.replace(needed, ''))
}

/**
 * An agent's own name, fit for mail and pages: letters with their marks, digits, space, `-'&`; the rest is
 * dropped, white space collapsed; NFC, at most 60 characters. May be empty. It is still a stranger's claim.
 */
export function cleanAgentName(text: string): string {
  const kept = text
    .slice(0, readUnits)
    .toWellFormed()
    .normalize('NFC')
    .replace(/’/g, "'")
    .replace(/\s+/g, ' ')
    .replace(/[^\p{L}\p{M}\p{Nd} \-'&]|\p{Default_Ignorable_Code_Point}|\p{Me}/gu, '')
    // A mark needs a letter to stand on, and a pile of marks climbs over the lines above.
    .replace(/(?<!\p{L}\p{M}{0,2})\p{M}/gu, '')
    .replace(/ +/g, ' ')
    .trim()
  return Array.from(kept).slice(0, longestAgentNameCharacters).join('').trim()
}
