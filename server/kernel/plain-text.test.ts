import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanAgentName, hasForbiddenCharacters, longestAgentNameCharacters } from './plain-text.ts'

const forbidden: [what: string, text: string][] = [
  ['NUL', 'Jane\0'],
  ['CR and LF', 'Jane\r\nBcc: eve@example.com'],
  ['a lone LF at the end', 'Jane\n'],
  ['TAB', 'Jane\tSmith'],
  ['ESC', '\u001b[31mJane'],
  ['DEL', 'Jane\u007f'],
  ['a C1 control', 'Jane\u0085Smith'],
  ...Array.from(
    '\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c',
    (mark): [string, string] => [`the bidi control ${codePoint(mark)}`, `Jane${mark}Smith`]
  ),
  ...Array.from(
    '\u200b\u2060\u2061\u2064\ufeff\u00ad\u034f\u115f\u1160\u17b4\u180e\u2800\u3164\uffa0\ufff9',
    (mark): [string, string] => [`the invisible ${codePoint(mark)}`, `Ac${mark}me`]
  ),
  ['a line separator', 'Jane\u2028Smith'],
  ['a paragraph separator', 'Jane\u2029Smith'],
  ['a high surrogate alone', 'Jane\ud83d'],
  ['a low surrogate alone', '\ude00Jane'],
  ['a noncharacter', 'Jane\uffff'],
  ['tag characters', 'Acme\u{e0041}\u{e0042}'],
  ['tag characters after a flag', '🏴\u{e0067}\u{e0062}\u{e007f}'],
  ['ZWNJ between Latin letters', 'Ac\u200cme'],
  ['ZWJ between Latin letters', 'Ac\u200dme'],
  ['ZWNJ at the end of a Persian word', 'می\u200c'],
  ['two ZWNJ in a Persian word', 'می\u200c\u200cخواهم'],
  ['ZWJ after an emoji alone', '👩\u200d'],
  ['a variation selector after a letter', 'Acme\ufe0f'],
  ['a variation selector after a digit without a keycap', 'Acme1\ufe0f'],
  ['hidden bytes as variation selectors after an emoji', '😀\u{e0101}\u{e0155}'],
  ['two variation selectors after a Han character', '葛\u{e0100}\u{e0101}'],
  ['100 kB of joiners', `ا${'\u200c'.repeat(100_000)}`]
]

const allowed: [what: string, text: string][] = [
  ['nothing', ''],
  ['a plain name', 'Jane Smith'],
  ['an accent', 'Zoë'],
  ['an accent taken apart', 'Zoe\u0308'],
  ['an apostrophe', "O'Brien"],
  ['a typographic apostrophe', 'O’Brien'],
  ['company signs', 'Smith & Sons, Inc. (“S&S”) – №1/2 @ 50 % + 7'],
  ['Han characters', '李雷'],
  ['a Japanese name with a variation of its character', '葛\u{e0100}城'],
  ['Arabic', 'شركة النور'],
  ['Hebrew with points', 'שָׁלוֹם'],
  ['Thai', 'สมชาย'],
  ['a Persian word with ZWNJ', 'می\u200cخواهم'],
  ['a Sinhala word with ZWJ', 'ශ්\u200dරී'],
  ['a Hindi word with ZWNJ', 'क्\u200cष'],
  ['an emoji', 'Acme 🚀'],
  ['a joined emoji', '👩\u200d💻 👨🏽\u200d🌾 ❤\ufe0f\u200d🔥'],
  ['a flag', '🇩🇪'],
  ['a keycap', '1\ufe0f\u20e3'],
  ['an ideographic space', '李\u3000雷'],
  ['100 kB of letters', 'a'.repeat(100_000)]
]

for (const [what, text] of forbidden) {
  test(`a name with ${what} is refused`, () => assert.equal(hasForbiddenCharacters(text), true))
}
for (const [what, text] of allowed) {
  test(`a name with ${what} is allowed`, () => assert.equal(hasForbiddenCharacters(text), false))
}

const cleaned: [why: string, text: string, clean: string][] = [
  ['a plain name is kept', 'Claude Code', 'Claude Code'],
  ['the signs of names are kept', "O'Neil-Bot & Sons 42", "O'Neil-Bot & Sons 42"],
  ['a typographic apostrophe becomes a plain one', 'Jane’s agent', "Jane's agent"],
  ['letters of every script are kept', 'Zoë 李雷 Агент', 'Zoë 李雷 Агент'],
  ['marks that a script needs are kept', 'हिन्दी สมชาย', 'हिन्दी สมชาย'],
  ['accents are put together', 'Zoe\u0308', 'Zoë'],
  ['white space is collapsed and trimmed', '  Claude \t\r\n  Code\u00a0 ', 'Claude Code'],
  ['white space around what is dropped is collapsed', 'a . b', 'a b'],
  ['markup is dropped', '<b>Bot</b>', 'bBotb'],
  ['a link is no link any more', 'https://evil.example/x', 'httpsevilexamplex'],
  ['an address is no address any more', 'eve@evil.example', 'eveevilexample'],
  ['a header is no header any more', 'Bot\r\nBcc: eve', 'Bot Bcc eve'],
  ['controls and bidi controls are dropped', 'B\0o\u202et\u200b\ufeff\u001b', 'Bot'],
  ['letters that show nothing are dropped', '\u3164\u115fBot\uffa0', 'Bot'],
  ['emoji and tag characters are dropped', '🤖 Bot\u{e0041}', 'Bot'],
  ['unpaired surrogates are dropped', '\ud800Bot\udfff', 'Bot'],
  ['a mark without its letter is dropped', '\u0301 Bot', 'Bot'],
  ['enclosing marks are dropped', 'A\u20ddB', 'AB'],
  ['a pile of marks is cut to three', `x${'\u0323'.repeat(40)}`, `x${'\u0323'.repeat(3)}`],
  ['a name of nothing usable is empty', '!!! 🎉 ???', ''],
  ['a long name is cut by whole characters', '𠮷'.repeat(100), '𠮷'.repeat(longestAgentNameCharacters)],
  ['a cut leaves no space at the end', `${'a'.repeat(59)} bc`, 'a'.repeat(59)],
  ['100 kB are cut', 'ab '.repeat(40_000), 'ab '.repeat(20).trim()],
  ['100 kB of marks are cut', `a${'\u0323'.repeat(100_000)}`, `\u1ea1${'\u0323'.repeat(3)}`]
]

for (const [why, text, clean] of cleaned) {
  test(`of an agent's name ${why}`, () => {
    assert.equal(cleanAgentName(text), clean)
    assert.equal(cleanAgentName(clean), clean)
  })
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
