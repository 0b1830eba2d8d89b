import Type, { type Static } from 'typebox'

const Text = (description: string, maxLength: number, examples: string[]) =>
  Type.String({ description, minLength: 1, maxLength, examples })

/** The four fields of step 1 [S2]. */
export const SignupWish = Type.Object({
  name: Text('The name of the person who will own the workspace.', 120, ['Jane Smith']),
  email: Text('Their e-mail address; the code goes there.', 254, ['jane@example.com']),
  company: Text('Their company or team; the workspace gets this name.', 120, ['Acme Corp']),
  domain: Type.String({
    description:
      'At least 3 characters, lowercase letters, digits and hyphens; the workspace lives at this name.',
    minLength: 3,
    maxLength: 20,
    pattern: '^[a-z0-9-]*$',
    examples: ['acme']
  })
})
export type SignupWish = Static<typeof SignupWish>

const AgentNote = Type.Object(
  {
    name: Text('The name of the agent, shown to the person.', 200, ['Claude Code']),
    codeChallenge: Type.String({
      description:
        'S256 code challenge (RFC 7636) of a verifier that the agent keeps. It cannot be given or changed later.',
      pattern: '^[A-Za-z0-9_-]{43}$'
    })
  },
  { description: 'Who is signing up on behalf of the person.' }
)

export const CodeRequest = Type.Object({ ...SignupWish.properties, agent: Type.Optional(AgentNote) })

const SignupId = Type.String({
  description: 'Names the sign-up and is the permission to continue it. Keep it.',
  pattern: '^[A-Za-z0-9_-]{22}$'
})

export const CompletionRequest = Type.Object({
  ...Type.Partial(SignupWish).properties,
  verificationCode: Type.Optional(
    Type.String({
      description: 'The six digits from the e-mail.',
      pattern: '^[0-9]{6}$',
      examples: ['482916']
    })
  ),
  signupId: Type.Optional(SignupId)
})

export const CheckRequest = Type.Partial(SignupWish)

export const EmailCorrection = Type.Object({ email: SignupWish.properties.email })

export const SignupPath = Type.Object({ signupId: Type.String({ description: 'The `signupId` of step 1.' }) })

export const NextAction = Type.Object({
  name: Type.String({
    description: 'What the call does: check, start, complete, status, resend, correctEmail, cancel, repeat.'
  }),
  method: Type.String(),
  url: Type.String(),
  body: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'A skeleton: replace every `<…>` by what it asks for; the rest can be sent as it stands.'
    })
  ),
  afterSeconds: Type.Optional(Type.Integer({ description: 'Wait this long before the call.' }))
})
export type NextAction = Static<typeof NextAction>

const status = Type.Enum(['awaiting_confirmation', 'completed', 'rejected', 'expired', 'cancelled', 'undone'])
export type SignupStatus = Static<typeof status>

const Instant = Type.String({ format: 'date-time' })

const progress = {
  signupId: SignupId,
  status,
  expiresAt: Type.String({
    format: 'date-time',
    description: 'When the sign-up ends if nobody confirms it.'
  }),
  codeExpiresAt: Type.Union([Instant, Type.Null()]),
  resendAfterSeconds: Type.Integer({ minimum: 0 }),
  attemptsRemaining: Type.Integer({ minimum: 0 }),
  sendsRemaining: Type.Integer({ minimum: 0 }),
  nextActions: Type.Array(NextAction)
}

export const EntryAnswer = Type.Object({
  message: Type.String(),
  documentation: Type.String({ format: 'uri', description: 'The guide that explains the whole sign-up.' }),
  nextActions: Type.Array(NextAction)
})
export type EntryAnswer = Static<typeof EntryAnswer>

export const CodeAnswer = Type.Object({
  message: Type.String({ examples: ['Verification code sent'] }),
  ...progress
})
export type CodeAnswer = Static<typeof CodeAnswer>

export const WorkspaceAnswer = Type.Object({
  tenantId: Type.String({ pattern: '^[0-9a-f]{12}$', examples: ['a1b2c3d4e5f6'] }),
  domain: Type.String(),
  loginUrl: Type.String({ examples: ['https://acme.ekso.example'] }),
  message: Type.String()
})
export type WorkspaceAnswer = Static<typeof WorkspaceAnswer>

export const StatusAnswer = Type.Object({
  ...progress,
  email: Type.String({ description: 'The address, masked.' }),
  correctionsRemaining: Type.Integer({ minimum: 0 }),
  delivery: Type.Enum(['queued', 'accepted', 'bounced', 'failed'], {
    description:
      'What became of the newest code mail: queued, accepted by the mail server, bounced (refused for good) or failed (retries used up).'
  }),
  workspace: Type.Optional(Type.Pick(WorkspaceAnswer, ['tenantId', 'domain', 'loginUrl']))
})
export type StatusAnswer = Static<typeof StatusAnswer>

export const CancelAnswer = Type.Object({ status, nextActions: Type.Array(NextAction) })
export type CancelAnswer = Static<typeof CancelAnswer>

export const Fault = Type.Object({ field: Type.String(), code: Type.String(), message: Type.String() })
export type Fault = Static<typeof Fault>

export const CheckAnswer = Type.Object({
  valid: Type.Boolean({ description: 'Whether step 1 would take these four fields.' }),
  domainAvailable: Type.Boolean(),
  errors: Type.Array(Fault),
  suggestions: Type.Array(Type.String(), { description: 'Three domains that are free now.' }),
  nextActions: Type.Array(NextAction)
})
export type CheckAnswer = Static<typeof CheckAnswer>

/** Members that every onboarding error has beside those of the API (contract §2). */
export const OnboardingProblem = Type.Object({
  kind: Type.String(),
  message: Type.String(),
  fields: Type.Array(Type.Object({ field: Type.String(), code: Type.String() })),
  code: Type.String(),
  requestId: Type.String(),
  field: Type.Optional(Type.String()),
  errors: Type.Array(Fault),
  retry: Type.Union([Type.Literal('never'), Type.Literal('after'), Type.Literal('with-change')]),
  retryAfterSeconds: Type.Optional(Type.Integer()),
  attemptsRemaining: Type.Optional(Type.Integer()),
  sendsRemaining: Type.Optional(Type.Integer()),
  correctionsRemaining: Type.Optional(Type.Integer()),
  resendAfterSeconds: Type.Optional(Type.Integer()),
  suggestions: Type.Optional(Type.Array(Type.String())),
  nextActions: Type.Array(NextAction)
})
