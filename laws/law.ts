import assert from 'node:assert/strict'

/** A rule about the shape of the source. It cannot be written without what it must catch and what it must allow. */
export type Law<Case> = {
  say: string
  broken: (found: Case) => boolean
  bad: Case[]
  fine: Case[]
}

/** Fails when a law lets one of its bad examples pass or stops a good one: a law that checks nothing is no law. */
export function assertLawsBite<Case>(laws: Law<Case>[]): void {
  for (const { say, broken, bad, fine } of laws) {
    assert.ok(bad.length > 0, `no bad example: ${say}`)
    for (const found of bad)
      assert.ok(broken(found), `misses its bad example: ${say}: ${JSON.stringify(found)}`)
    for (const found of fine)
      assert.ok(!broken(found), `stops a good example: ${say}: ${JSON.stringify(found)}`)
  }
}

/** Fails with one line for every break of every law. */
export function assertLawsHold<Case>(
  laws: Law<Case>[],
  cases: Case[],
  describe: (found: Case) => string
): void {
  const breaks = laws.flatMap(({ say, broken }) =>
    cases.filter(broken).map((found) => `${describe(found)}: ${say}`)
  )
  assert.deepEqual(breaks, [])
}
