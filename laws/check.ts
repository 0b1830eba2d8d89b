import { spawnSync } from 'node:child_process'

// `npm run check`: everything that CI asks for, in named steps. `--static` leaves the tests out.
const steps: [name: string, command: string][] = [
  ['types', 'tsc'],
  ['style', 'biome ci --error-on-warnings .'],
  ['unused', 'knip'],
  ['tests', 'npm test']
]
const isStatic = process.argv.includes('--static')
const asked = steps.filter(([name]) => !isStatic || name !== 'tests')

// All of them, though one fails: who mends wants the whole list.
const failed = asked.filter(([name, command], at) => {
  console.log(`\n── ${at + 1}/${asked.length} ${name}: ${command}`)
  return spawnSync(command, { shell: true, stdio: 'inherit' }).status !== 0
})

console.log('')
for (const step of asked) console.log(`${failed.includes(step) ? 'FAILED' : 'ok    '}  ${step[0]}`)
process.exitCode = failed.length > 0 ? 1 : 0
