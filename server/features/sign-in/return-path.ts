const longestPathCharacters = 4000

/**
 * Where somebody goes after signing in: a path of this host, with its query. Anything that a browser could read as
 * another host, and anything odd, is `/`: otherwise our sign-in would vouch for a stranger's page (open redirect).
 */
export function returnPath(wished: unknown): string {
  if (typeof wished !== 'string' || wished.length > longestPathCharacters) return '/'
  // Browsers read `\` as `/`, and drop tabs and line breaks before they look for `//`.
  if (!/^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/.test(wished)) return '/'
  const url = new URL(wished, 'https://own.invalid')
  return url.host === 'own.invalid' && !url.pathname.startsWith('//') ? `${url.pathname}${url.search}` : '/'
}
