/** A map that forgets what was used longest ago once it holds `most` entries. */
export type BoundedMap<K, V> = {
  get(key: K): V | undefined
  set(key: K, value: V): void
  delete(key: K): void
  readonly size: number
}

export function makeBoundedMap<K, V>(most: number): BoundedMap<K, V> {
  const held = new Map<K, V>()
  return {
    get: (key) => {
      const value = held.get(key)
      if (value === undefined) return undefined
      held.delete(key)
      held.set(key, value)
      return value
    },
    set: (key, value) => {
      held.delete(key)
      held.set(key, value)
      const [oldest] = held.keys()
      if (held.size > most && oldest !== undefined) held.delete(oldest)
    },
    delete: (key) => void held.delete(key),
    get size() {
      return held.size
    }
  }
}
