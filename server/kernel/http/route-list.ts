import type { Http } from './http.ts'

/** The methods that an address answers; empty when nothing is there. For the `Allow` field of a 404. */
export type AllowedMethods = (path: string) => string[]

export function listRoutes(http: Http): AllowedMethods {
  const routes: { methods: string[]; pattern: RegExp }[] = []
  http.addHook('onRoute', (route) => {
    routes.push({ methods: [route.method].flat(), pattern: toPattern(route.url) })
  })
  return (path) => {
    const found = routes.filter((route) => route.pattern.test(path)).flatMap((route) => route.methods)
    return [...new Set(found)].sort()
  }
}

function toPattern(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+'
    return part === '*' ? '.*' : part.replace(/[.+*?^$()[\]{}|\\]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('/')}$`)
}
