import type { Means } from '#server/kernel/means.ts'
import { listGuides } from './guide.ts'
import { openApiPath, readinessPath, referencePath } from './service-link.ts'

type Target = { href: string; type: string; title?: string }

export type Linkset = {
  linkset: { anchor: string; 'service-desc': Target[]; 'service-doc': Target[]; status: Target[] }[]
}

/** The catalog of this install's one API (RFC 9727, as an RFC 9264 linkset), with absolute addresses. */
export function apiCatalog(means: Pick<Means, 'publicUrl' | 'takesSignups'>): Linkset {
  const at = (path: string) => new URL(path, means.publicUrl).href
  const guides = listGuides(means).map(({ path, title }) => ({
    href: at(`${path}.md`),
    type: 'text/markdown',
    title
  }))
  return {
    linkset: [
      {
        anchor: at('/'),
        'service-desc': [{ href: at(openApiPath), type: 'application/json' }],
        'service-doc': [{ href: at(referencePath), type: 'text/html' }, ...guides],
        status: [{ href: at(readinessPath), type: 'application/json' }]
      }
    ]
  }
}
