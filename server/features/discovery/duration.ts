const units: [name: string, seconds: number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1]
]

/** A time span in words, in the largest unit that leaves at least two and no rest: `10 minutes`, `72 hours`, `7 days`. */
export function durationText(seconds: number): string {
  const fits = units.find(
    ([name, size]) => seconds % size === 0 && seconds / size >= (name === 'day' ? 7 : 2)
  )
  const [name, size] = fits ?? ['second', 1]
  return `${seconds / size} ${name}${seconds === size ? '' : 's'}`
}
