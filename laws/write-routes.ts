import { writeFile } from 'node:fs/promises'
import { registeredRoutes } from './registered-routes.ts'
import { doorLines, placeRoutes, routesDocument } from './route-map.ts'
import { root, sources } from './source.ts'

// `npm run routes`: writes ROUTES.md anew.
const { placed, faults } = placeRoutes(await registeredRoutes(), doorLines(sources))
await writeFile(`${root}/ROUTES.md`, routesDocument(placed))
for (const fault of faults) console.error(fault)
console.log(`ROUTES.md: ${placed.length} routes`)
process.exit(faults.length > 0 ? 1 : 0)
