/** Two views of a source text, each as long as it: outside its own part a view has blanks. */
export type Scan = {
  /** Code with the quotes of its strings, without their contents, comments and regular expressions. */
  code: string
  /** The strings alone, in their quotes; a template without its interpolations. */
  strings: string
}

const comment = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y
// A quote in JSX text never closes: it ends with its line, so that the rest of the file stays visible.
const quoted = /'(?:\\[\s\S]|[^'\\\n])*'?|"(?:\\[\s\S]|[^"\\\n])*"?/y
const template = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{|$)/y
const expression = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y
const beforeExpression = /(?:[(,=:[!&|?{};+\-*%~^>]|^|\b(?:return|typeof|case|of|in|await|throw))\s*$/

/** Tells code, strings and comments of TypeScript apart; enough for laws, not a parser. */
export function scan(text: string): Scan {
  let code = ''
  let strings = ''
  let at = 0
  // One entry per open `${`: the braces opened inside it.
  const open: number[] = []
  const take = (length: number, kind: 'code' | 'string' | 'nothing') => {
    const part = text.slice(at, at + length)
    const blank = part.replace(/[^\n]/g, ' ')
    const isQuoted = kind === 'string' && part.length > 1
    code += kind === 'code' ? part : isQuoted ? part[0] + blank.slice(1, -1) + part.at(-1) : blank
    strings += kind === 'string' ? part : blank
    at += length
  }
  const match = (pattern: RegExp, from = at): number => {
    pattern.lastIndex = from
    return pattern.exec(text)?.[0].length ?? 0
  }
  const takeTemplate = () => {
    const length = 1 + match(template, at + 1)
    if (text.slice(at, at + length).endsWith('${')) open.push(0)
    take(length, 'string')
  }
  while (at < text.length) {
    const char = text[at] as string
    if (char === '/' && match(comment)) take(match(comment), 'nothing')
    else if (char === "'" || char === '"') take(match(quoted), 'string')
    else if (char === '`') takeTemplate()
    else if (char === '}' && open.at(-1) === 0) {
      open.pop()
      takeTemplate()
    } else if (char === '/' && beforeExpression.test(code.slice(-40)) && match(expression))
      take(match(expression), 'nothing')
    else {
      const depth = open.length - 1
      if (depth >= 0 && char === '{') open[depth] = (open[depth] ?? 0) + 1
      if (depth >= 0 && char === '}') open[depth] = (open[depth] ?? 0) - 1
      take(1, 'code')
    }
  }
  return { code, strings }
}
