import { keptSeconds } from '#server/kernel/kept-answer.ts'
import { perMailbox } from '#server/kernel/mail-budget.ts'
import type { Means } from '#server/kernel/means.ts'
import { longestAgentNameCharacters } from '#server/kernel/plain-text.ts'
import { type ProblemCode, problemTable } from '#server/kernel/problem-table.ts'
import { restDays, suggestionsOffered } from '../addresses/domain-choice.ts'
import { SignupWish } from '../onboarding/signup.schema.ts'
import {
  blockSeconds,
  codeSeconds,
  codesPerSignup,
  correctionsPerSignup,
  onboardingLimit,
  resendSeconds,
  signupSeconds,
  triesPerCode,
  undoSeconds,
  unguessableKeyCharacters
} from '../onboarding/signup-record.ts'
import { firstPasswordSeconds } from '../people/password-link.ts'
import { eraseAfterSeconds } from '../tenancy/workspace.ts'
import { durationText } from './duration.ts'
import {
  exampleCodeAnswer,
  exampleCompletion,
  exampleErrorAnswer,
  exampleWish,
  exampleWorkspaceAnswer
} from './onboarding-example.ts'

/** What stands in the blanks of the onboarding guide: from the schemas, limits and answers themselves. */
export function onboardingValues(means: Means): Record<string, string> {
  const codeAnswer = exampleCodeAnswer(means)
  const names = codeAnswer.nextActions.map(({ name }) => name)
  return {
    ...spans(means),
    wish: json(exampleWish),
    fields: fieldTable(),
    actionCount: String(names.length),
    actionNames: names.map((name) => `\`${name}\``).join(', '),
    codeAnswer: json({ ...codeAnswer, nextActions: codeAnswer.nextActions.slice(0, 2) }),
    completion: json(exampleCompletion),
    workspaceAnswer: json(exampleWorkspaceAnswer(means)),
    errorAnswer: json(exampleErrorAnswer(means)),
    codes: codeTable()
  }
}

function spans(means: Means): Record<string, string> {
  const perAddress = `${durationText(resendSeconds)} between two codes for one e-mail address`
  const perDay = `${perMailbox.quota} mails a day for one mailbox, tagged (\`+tag\`) or not`
  return {
    agentNameCharacters: String(longestAgentNameCharacters),
    suggestionCount: String(suggestionsOffered),
    codesPerSignup: String(codesPerSignup),
    corrections: String(correctionsPerSignup),
    tries: String(triesPerCode),
    resendWait: durationText(resendSeconds),
    signupLife: durationText(signupSeconds),
    codeLife: durationText(codeSeconds),
    blockLife: durationText(blockSeconds),
    passwordLife: durationText(firstPasswordSeconds),
    undoLife: durationText(undoSeconds),
    eraseLife: durationText(eraseAfterSeconds),
    restLife: `${restDays} days`,
    keptLife: durationText(keptSeconds),
    onboardingQuota: String(onboardingLimit.quota),
    onboardingWindow: durationText(onboardingLimit.windowSeconds),
    addressLimit: means.isLocalhost ? `${perAddress}.` : `${perAddress}; ${perDay}.`,
    keyCharacters: String(unguessableKeyCharacters)
  }
}

function fieldTable(): string {
  const rows = Object.entries(SignupWish.properties).map(([name, schema]) => {
    const shape: { type: string; description?: string; maxLength?: number } = schema
    return `| \`${name}\` | Required, at most ${shape.maxLength} characters. ${shape.description} |`
  })
  return ['| Field | |', '|---|---|', ...rows].join('\n')
}

// The codes that a sound request to the onboarding calls can meet, in the order in which they are met.
const codes: ProblemCode[] = [
  'NAME_REQUIRED',
  'NAME_INVALID',
  'EMAIL_REQUIRED',
  'EMAIL_INVALID',
  'COMPANY_REQUIRED',
  'COMPANY_INVALID',
  'DOMAIN_REQUIRED',
  'DOMAIN_TOO_SHORT',
  'DOMAIN_TOO_LONG',
  'DOMAIN_INVALID',
  'DOMAIN_BLACKLISTED',
  'DOMAIN_TAKEN',
  'AGENT_INVALID',
  'INVALID_VERIFICATION_CODE',
  'VERIFICATION_CODE_EXPIRED',
  'VERIFICATION_CODE_LOCKED',
  'RESENDS_USED_UP',
  'CORRECTIONS_USED_UP',
  'CODE_RECENTLY_SENT',
  'RATE_LIMITED',
  'SIGNUP_COMPLETED',
  'SIGNUP_NOT_FOUND',
  'SIGNUP_EXPIRED',
  'SIGNUP_REJECTED',
  'SIGNUP_CANCELLED',
  'SIGNUP_UNDONE'
]

function codeTable(): string {
  const rows = codes.map((code) => {
    const { status, retry, say } = problemTable[code]
    return `| ${status} | \`${code}\` | \`${retry}\` | ${say} |`
  })
  return ['| Status | Code | `retry` | |', '|---|---|---|---|', ...rows].join('\n')
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2)
}
