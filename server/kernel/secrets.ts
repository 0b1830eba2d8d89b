import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual
} from 'node:crypto'

/** Keys derived per purpose from `EKSO_SECRET`, so that one leaked use never opens another. */
export type Secrets = {
  /** Keyed hash of the parts, bound to its purpose; what the database keeps of a secret. */
  hash(purpose: string, ...parts: string[]): Buffer
  /** Encrypts text so that only the same purpose can open it. */
  seal(purpose: string, plainText: string): Buffer
  /** Opens what `seal` made. Throws when the key, the purpose or the bytes differ. */
  open(purpose: string, sealed: Buffer): string
}

const version = 1
const nonceBytes = 12
const tagBytes = 16

export function makeSecrets(master: string): Secrets {
  const keys = new Map<string, Buffer>()
  const keyFor = (purpose: string): Buffer => {
    const known = keys.get(purpose)
    if (known) return known
    const key = Buffer.from(hkdfSync('sha256', master, 'ekso', purpose, 32))
    keys.set(purpose, key)
    return key
  }
  return {
    hash: (purpose, ...parts) => keyedHash(keyFor(`hash:${purpose}`), parts),
    seal: (purpose, plainText) => seal(keyFor(`seal:${purpose}`), plainText),
    open: (purpose, sealed) => open(keyFor(`seal:${purpose}`), sealed)
  }
}

/** Constant-time comparison of two hashes of equal length. */
export function hashesMatch(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}

// Every part carries its length, so that ('ab','c') and ('a','bc') never hash alike.
function keyedHash(key: Buffer, parts: string[]): Buffer {
  const hmac = createHmac('sha256', key)
  for (const part of parts) {
    const bytes = Buffer.from(part, 'utf8')
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    hmac.update(length).update(bytes)
  }
  return hmac.digest()
}

function seal(key: Buffer, plainText: string): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const body = Buffer.concat([cipher.update(plainText, 'utf8'), cipher.final()])
  return Buffer.concat([Buffer.from([version]), nonce, cipher.getAuthTag(), body])
}

function open(key: Buffer, sealed: Buffer): string {
  if (sealed[0] !== version) throw new Error('sealed text has an unknown version')
  const nonce = sealed.subarray(1, 1 + nonceBytes)
  const tag = sealed.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce)
  decipher.setAuthTag(tag)
  const body = sealed.subarray(1 + nonceBytes + tagBytes)
  return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
}
