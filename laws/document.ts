const fences = /^(?: {0,3})```(\w*)[^\n]*\n([\s\S]*?)^ {0,3}```/gm

function withoutFences(text: string): string {
  return text.replace(fences, '')
}

/** What stands in backticks outside code blocks. */
function codeSpans(text: string): string[] {
  return [...withoutFences(text).matchAll(/`([^`\n]+)`/g)].map((match) => match[1] as string)
}

const isOurs = /^(?:\.\/)?(?:server|web|laws|migrations|testing|bench|docs|\.ci)\/[^\s]*$/
const isFileName = /^(?!noun\.)[A-Za-z0-9-]+(?:\.[a-z]+)*\.(?:ts|tsx|md|sql|json|css)$/

/**
 * Paths and file names in backticks, and the trees in blocks marked `tree`. `*`, `…` and `<name>` stand for
 * anything; `noun.…` stands for the name of any feature's file.
 */
export function namedPaths(text: string): string[] {
  const spans = codeSpans(text).filter((span) => isOurs.test(span) || isFileName.test(span))
  const trees = [...text.matchAll(fences)].filter((match) => match[1] === 'tree')
  return [...spans, ...trees.flatMap((match) => treePaths(match[2] as string))]
}

// Each line begins with a name; its indentation says in which folder; the rest of the line explains.
function treePaths(tree: string): string[] {
  const folders: { indent: number; path: string }[] = []
  return tree.split('\n').flatMap((line) => {
    const match = /^( *)([\w.*<>…-][\w./*<>…-]*)/.exec(line)
    if (!match) return []
    const indent = (match[1] as string).length
    while ((folders.at(-1)?.indent ?? -1) >= indent) folders.pop()
    const path = `${folders.at(-1)?.path ?? ''}${match[2]}`
    if (path.endsWith('/')) folders.push({ indent, path })
    return [path]
  })
}

/** Whether a named path, with its wildcards, is a file or folder of the repository. */
export function pathExists(named: string, files: string[]): boolean {
  const bare = named.replace(/^\.\//, '').replace(/\/$/, '')
  const pattern = bare
    .split(/\*+|…|<[^>]*>/)
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^/]*')
  const whole = new RegExp(bare.includes('/') ? `^${pattern}(?:/|$)` : `(?:^|/)${pattern}(?:/|$)`)
  return files.some((file) => whole.test(file))
}

export function namedScripts(text: string): string[] {
  const found = text.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start)\b)/g)
  return [...found].map((match) => (match[1] ?? match[2]) as string)
}

/** Versions that follow the name of a product: `Node 24`, `Node.js ≥ 24.7`, `PostgreSQL 15`. */
export function namedVersions(text: string, product: 'Node' | 'PostgreSQL'): string[] {
  const pattern = new RegExp(`\\b${product}(?:\\.js)?\\W{0,3}(?:≥|>=|v)?\\s*(\\d+(?:\\.\\d+)*)`, 'g')
  return [...text.matchAll(pattern)].map((match) => match[1] as string)
}

/** Targets of relative links. */
export function relativeLinks(text: string): string[] {
  return [...withoutFences(text).matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)]
    .map((match) => match[1] as string)
    .filter((target) => !/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(target))
}

/** Anchors of the headings, as GitHub makes them. */
export function anchors(text: string): string[] {
  return [...withoutFences(text).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)].map((match) =>
    (match[1] as string)
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-')
  )
}

/** What the first cells of all tables name in backticks. */
export function firstCellNames(text: string): string[] {
  return [...text.matchAll(/^\|([^|\n]*)\|/gm)].flatMap((match) => codeSpans(match[1] as string))
}
