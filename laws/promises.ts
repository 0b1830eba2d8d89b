import { conventionPromises } from './promises-conventions.ts'
import { onboardingPromises } from './promises-onboarding.ts'
import { seedPromises } from './promises-seeds.ts'
import { settingPromises } from './promises-settings.ts'

/** Something that strangers build on. `id` is cited in the title of each test that proves it. */
export type Pledge = { id: string; source: string; sentence: string }

/** The pledges of one section of a source: id to sentence. */
export type Chapter = { source: string; pledges: Record<string, string> }

/** What the public reference (`S1`, `S2`) and the contract (`C1` … by section) promise. A law asks for a test of each. */
export const promises: Pledge[] = [
  ...seedPromises,
  ...conventionPromises,
  ...onboardingPromises,
  ...settingPromises
].flatMap(({ source, pledges }) =>
  Object.entries(pledges).map(([id, sentence]) => ({ id, source, sentence }))
)
