import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Scan, scan } from './scan.ts'

/** The folder of the repository, without a slash at the end. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

export type SourceFile = Scan & { path: string; text: string }

/** One import: `to` is a path of the repository or the name of a package. */
export type Import = {
  from: string
  to: string
  /** What stands between `import` and `from`. */
  names: string
  isType: boolean
}

// What is not ours: dependencies, the data of a running server, and folders of tools.
const foreign = /^(?:node_modules|data|dist|coverage|\.(?!(?:ci|github|gitignore|npmrc)$).*)$/

/** The paths of all files of the repository, sorted. */
export function projectFiles(folder = ''): string[] {
  return readdirSync(`${root}/${folder}`, { withFileTypes: true })
    .filter((entry) => folder !== '' || !foreign.test(entry.name))
    .flatMap((entry) => {
      const path = folder + entry.name
      return entry.isDirectory() ? projectFiles(`${path}/`) : [path]
    })
    .sort()
}

export function readText(path: string): string {
  return readFileSync(`${root}/${path}`, 'utf8')
}

/** All TypeScript of the repository, read and scanned once. */
export const sources: SourceFile[] = projectFiles()
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => sourceOf(path, readText(path)))

export function sourceOf(path: string, text: string): SourceFile {
  return { path, text, ...scan(text) }
}

// Up to the first quote after `from`, `import` or `import(`; what it quotes stands in the text at the same place.
const importing = /\b(?:from\s*|import\s*\(?\s*)(['"])/g

/** Every import and re-export of a file, whatever its layout; dynamic ones with a literal included. */
export function importsOf(file: SourceFile): Import[] {
  return [...file.code.matchAll(importing)].map((match) => {
    const start = match.index + match[0].length
    const name = file.text.slice(start, file.text.indexOf(match[1] as string, start))
    const isClause = match[0].startsWith('from')
    const names = isClause ? lastStatement(file.code.slice(0, match.index)) : ''
    return {
      from: file.path,
      to: resolveImport(file.path, name),
      names: names.replace(/^(?:import|export)\s*(?:type\s)?\s*/, '').trim(),
      isType: /^(?:import|export)\s+type\b/.test(names)
    }
  })
}

function lastStatement(text: string): string {
  const starts = [...text.matchAll(/^(?:import|export)\b/gm)]
  return text.slice(starts.at(-1)?.index ?? text.length)
}

function resolveImport(from: string, name: string): string {
  if (name.startsWith('#')) return name.slice(1)
  if (name.startsWith('.')) return posix.join(posix.dirname(from), name)
  return name
}

export const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path)

/** Code that the running server never loads. */
export const isProof = (path: string): boolean => isTest(path) || /^(?:laws|testing|bench)\//.test(path)
