import type { Answer, World } from './world.ts'

/** The four fields of [S2] with values that no other test uses. */
export type Wish = { name: string; email: string; company: string; domain: string }

let wishes = 0

export function newWish(over: Partial<Wish> = {}): Wish {
  wishes += 1
  const word = `acme${process.pid.toString(36)}${wishes.toString(36)}`
  return { name: 'Jane Smith', email: `jane@${word}.example`, company: 'Acme Corp', domain: word, ...over }
}

/** Step 1. */
export function askForCode(world: World, body: object, from = world.stranger()): Promise<Answer> {
  return world.call('POST /api/bo/on/agent/code', { body, from })
}

/** Step 2. */
export function signUp(
  world: World,
  body: object,
  options: { from?: string; key?: string } = {}
): Promise<Answer> {
  const headers = options.key ? { 'idempotency-key': options.key } : {}
  return world.call('POST /api/bo/on/agent/signup', { body, headers, from: options.from ?? world.stranger() })
}

/** The code in the newest mail to an address. */
export async function mailedCode(world: World, email: string): Promise<string> {
  const [letter] = await world.letters(email)
  const code = /^([0-9]{6})$/m.exec(letter?.text ?? '')?.[1]
  if (!code) throw new Error(`no code was mailed to ${email}`)
  return code
}

/** A mailed link as host and path, by the word its path begins with: confirm, password, undo. */
export async function mailedLink(
  world: World,
  email: string,
  word: string
): Promise<{ host: string; path: string }> {
  for (const letter of await world.letters(email)) {
    const found = new RegExp(`https?://[^\\s]+/${word}/[A-Za-z0-9_-]+`).exec(letter.text)?.[0]
    if (found) return { host: new URL(found).host, path: new URL(found).pathname }
  }
  throw new Error(`no ${word} link was mailed to ${email}`)
}

/** A code that is not this one. */
export function anotherCode(code: string): string {
  return ((Number(code) + 1) % 1_000_000).toString().padStart(6, '0')
}

/** A whole sign-up, from nothing to a workspace. */
export async function openWorkspaceFor(
  world: World,
  wish: Wish
): Promise<{ signupId: string; workspace: Answer['body'] }> {
  const begun = await askForCode(world, wish)
  const verificationCode = await mailedCode(world, wish.email)
  const { body } = await signUp(world, { ...wish, verificationCode, signupId: begun.body.signupId })
  return { signupId: begun.body.signupId, workspace: body }
}
