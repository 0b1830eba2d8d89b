import type { Pledge } from './pledge.ts'
import { conventionPromises } from './promises-conventions.ts'
import { oauthPromises } from './promises-oauth.ts'
import { onboardingPromises } from './promises-onboarding.ts'
import { peoplePromises } from './promises-people.ts'
import { seedPromises } from './promises-seeds.ts'
import { settingPromises } from './promises-settings.ts'
import { signInPromises } from './promises-sign-in.ts'
import { startupPromises } from './promises-startup.ts'

/** What the public reference (`S1`, `S2`) and the contract (`C1` … by section) promise. A law asks for a test of each. */
export const promises: Pledge[] = [
  ...seedPromises,
  ...conventionPromises,
  ...onboardingPromises,
  ...settingPromises,
  ...signInPromises,
  ...peoplePromises,
  ...oauthPromises,
  ...startupPromises
].flatMap(({ source, pledges }) =>
  Object.entries(pledges).map(([id, sentence]) => ({ id, source, sentence }))
)
