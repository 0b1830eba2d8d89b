import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Limit } from '#server/kernel/limit-hits.ts'
import { problem } from '#server/kernel/problem.ts'
import { isCommonPassword } from './common-password.ts'

export const shortestPasswordCharacters = 8
export const longestPasswordCharacters = 40

/** Posts that set, check or ask for a password, per client address (contract §3). */
export const passwordLimit: Limit = { name: 'password', quota: 10, windowSeconds: 60 }

// OWASP's first choice for argon2id: 19 MiB, 2 passes, 1 lane; about 60 ms here.
const cost = { memory: 19_456, passes: 2, parallelism: 1 }
const tagLength = 32
const hashesAtOnce = 2
const hashesWaiting = 32

const derive = promisify(argon2)

/**
 * What is wrong with a wished password, as sentences for a person; empty when it will do (contract §3). `personal`
 * is what others would try first: the person's name, address and workspace.
 */
export function judgePassword(wished: string, personal: string[]): string[] {
  const password = canonical(wished)
  const length = [...password].length
  const faults: string[] = []
  if (length < shortestPasswordCharacters) faults.push('Use at least 8 characters.')
  if (length > longestPasswordCharacters) faults.push('Use at most 40 characters.')
  if (!/\p{Lu}/u.test(password)) faults.push('Use at least one upper-case letter.')
  if (!/\p{Ll}/u.test(password)) faults.push('Use at least one lower-case letter.')
  if (!/\p{Nd}/u.test(password)) faults.push('Use at least one digit.')
  if (faults.length === 0 && isCommonPassword(password, personal))
    faults.push('This password is easily guessed. Choose one that others would not think of.')
  return faults
}

/** Hashes a password with argon2id into a PHC string. Throws `RATE_LIMITED` when too many are being hashed. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const tag = await inTurn(() => argon2id(password, salt, cost))
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${encode(salt)}$${encode(tag)}`
}

const phc = /^\$argon2id\$v=19\$m=([0-9]+),t=([0-9]+),p=([0-9]+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/**
 * Whether a password belongs to a stored hash. Without one (an unknown account) it hashes all the same and says
 * no, so that both take the same time. Throws `RATE_LIMITED` when too many are being hashed.
 */
export async function isPasswordRight(password: string, stored: string | null): Promise<boolean> {
  const [, memory, passes, parallelism, salt = '', tag = ''] = phc.exec(stored ?? '') ?? []
  if (memory === undefined) {
    await inTurn(() => argon2id(password, randomBytes(16), cost))
    return false
  }
  // The cost that the hash was made with: raising ours must not lock anybody out.
  const own = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  const expected = Buffer.from(tag, 'base64')
  const found = await inTurn(() => argon2id(password, Buffer.from(salt, 'base64'), own))
  return found.length === expected.length && timingSafeEqual(found, expected)
}

function argon2id(password: string, nonce: Buffer, own: typeof cost): Promise<Buffer> {
  return derive('argon2id', { ...own, message: canonical(password), nonce, tagLength })
}

// NFKC: the same password typed on another keyboard gives the same bytes. Cut far above the longest: a form may be long.
function canonical(password: string): string {
  return password.slice(0, 1000).normalize('NFKC')
}

function encode(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

let running = 0
const waiting: (() => void)[] = []

// Two hashes fill both cores; more at once would only make everybody wait for everybody (contract §3).
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running < hashesAtOnce) running += 1
  else if (waiting.length < hashesWaiting) await new Promise<void>((resolve) => waiting.push(resolve))
  else throw problem('RATE_LIMITED', { retryAfterSeconds: 2 })
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }
}
