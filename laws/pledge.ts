/** Something that strangers build on. `id` is cited in the title of each test that proves it. */
export type Pledge = { id: string; source: string; sentence: string }

/** The pledges of one section of a source: id to sentence. */
export type Chapter = { source: string; pledges: Record<string, string> }
