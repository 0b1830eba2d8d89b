import type { Secrets } from '#server/kernel/secrets.ts'

// `__Host-` where the browser takes it: no sibling workspace can set or read it (contract §3).
function browserCookieName(isSecure: boolean): string {
  return isSecure ? '__Host-ekso-oauth' : 'ekso-oauth'
}

/** A cookie that names this browser to the authorization server of an issuer until it is closed. */
export function browserCookie(value: string, issuer: string): string {
  const isSecure = issuer.startsWith('https:')
  return `${browserCookieName(isSecure)}=${value}; Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
}

/** The value of that cookie; undefined when the browser has none, or one that we did not make. */
export function readBrowserCookie(cookies: string | undefined, issuer: string): string | undefined {
  const name = browserCookieName(issuer.startsWith('https:'))
  return new RegExp(`(?:^|;\\s*)${name}=([A-Za-z0-9_-]{22})(?:;|$)`).exec(cookies ?? '')?.[1]
}

/** What the database keeps of a browser. */
export function hashBrowser(
  secrets: Secrets,
  issuer: string,
  cookies: string | undefined
): Buffer | undefined {
  const value = readBrowserCookie(cookies, issuer)
  return value === undefined ? undefined : secrets.hash('oauth-browser', issuer, value)
}
