/** One field of a sent form. Empty when it is missing, or was sent more than once. */
export function formText(body: unknown, name: string): string {
  const value = ((body ?? {}) as Record<string, unknown>)[name]
  return typeof value === 'string' ? value : ''
}

/** All values of a field of which there may be several, such as boxes of one name. */
export function formTexts(body: unknown, name: string): string[] {
  const value = ((body ?? {}) as Record<string, unknown>)[name]
  return [value ?? []].flat().filter((text) => typeof text === 'string')
}
