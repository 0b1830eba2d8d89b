export const openApiPath = '/openapi.json'
export const referencePath = '/docs'
export const catalogPath = '/.well-known/api-catalog'
export const readinessPath = '/readyz'

/** RFC 9727 §3, §6.2: what the catalog is, by type and profile. */
export const catalogType = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'

/** The value of a `Link` field (RFC 8288) that leads from any page to the API: relations of RFC 8631 and RFC 9727. */
export const serviceLinks = [
  `<${openApiPath}>; rel="service-desc"; type="application/json"`,
  `<${referencePath}>; rel="service-doc"; type="text/html"`,
  `<${catalogPath}>; rel="api-catalog"; type="application/linkset+json"`
].join(', ')
