import type { Route } from './route-map.ts'

/** The routes of the app as it is plugged together in `server/app.ts`. */
export async function registeredRoutes(): Promise<Route[]> {
  throw new Error('registeredRoutes waits for buildApp of server/app.ts')
}
