import { randomBytes, randomInt } from 'node:crypto'
import { typeidUnboxed } from 'typeid-js'

/** Opaque, time-ordered id: the type word, `_` and a 26-character tail (TypeID, contract §1). */
export function newId(typeWord: string): string {
  return typeidUnboxed(typeWord)
}

/** A `tenantId`: 12 lower-case hex characters, as the sample in [S2] shows. */
export function newTenantId(): string {
  return randomBytes(6).toString('hex')
}

/** A secret of 128 random bits as 22 base64url characters: sign-up ids and mailed links. */
export function newSecretToken(): string {
  return randomBytes(16).toString('base64url')
}

/** Six decimal digits from the system's CSPRNG, evenly spread, leading zeros kept. */
export function newVerificationCode(): string {
  return randomInt(1_000_000).toString().padStart(6, '0')
}
