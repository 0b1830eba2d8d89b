import type { Door, Http } from './http-type.ts'

/** Every door that is registered from now on; grows as features plug themselves in. */
export function collectDoors(http: Http): Door[] {
  const doors: Door[] = []
  http.addHook('onRoute', ({ method, url, config }) => {
    const access = config?.access
    if (access) doors.push(...[method].flat().map((one) => ({ method: String(one), url, access })))
  })
  return doors
}

/** The methods that an address answers; empty when nothing is there. For the `Allow` field of a 404. */
export function methodsAt(doors: Door[], path: string): string[] {
  const found = doors.filter(({ url }) => toPattern(url).test(path)).map(({ method }) => method)
  return [...new Set(found)].sort()
}

function toPattern(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+'
    return part === '*' ? '.*' : part.replace(/[.+*?^$()[\]{}|\\]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('/')}$`)
}
