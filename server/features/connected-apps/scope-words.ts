import type { Scope } from '#server/kernel/actor.ts'

/** What each scope means, to the person who gives it. */
export const scopeWords: Record<Scope, { title: string; sentence: string }> = {
  'work:read': { title: 'See work', sentence: 'Items, comments, boards, cycles and plans that you can see.' },
  'work:write': {
    title: 'Change work',
    sentence:
      'Add and change items and what hangs on them, boards, cycles and plans. That includes seeing them.'
  },
  'time:write': { title: 'Record time', sentence: 'Add and change time entries in your name.' },
  'money:read': { title: 'See money', sentence: 'Rates, costs and budgets, as far as you can see them.' },
  admin: {
    title: 'Administer the workspace',
    sentence: 'Users, groups, rights, processes, settings and keys.'
  }
}
