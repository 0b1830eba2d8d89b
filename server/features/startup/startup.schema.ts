import Type, { type Static } from 'typebox'

const publicUrl = Type.String({
  description:
    'The address at which people and agents reach this install: `https`, or `http` on localhost; no path. It becomes the issuer of its tokens and stands in every link.',
  maxLength: 300,
  examples: ['https://ekso.acme.example']
})

export const UrlCheck = Type.Object({ publicUrl }, { additionalProperties: false })

export const UrlCheckAnswer = Type.Object({
  message: Type.String({ examples: ['OK'] }),
  url: Type.String({ description: 'The same address as it would be stored.' })
})

/** What is wrong, as one sentence in `error`, beside the members of every problem. */
export const UrlProblem = Type.Object({
  error: Type.String({ examples: ['publicUrl has no host'] }),
  kind: Type.String(),
  message: Type.String(),
  fields: Type.Array(Type.Object({ field: Type.String(), code: Type.String() })),
  code: Type.String(),
  requestId: Type.String()
})

export const Claim = Type.Object(
  {
    name: Type.String({ description: 'Your name, 1–120 characters.', examples: ['Jane Smith'] }),
    email: Type.String({
      description: 'Your e-mail address; you sign in with it.',
      examples: ['jane@acme.example']
    }),
    password: Type.String({
      description: '8–40 characters, with an upper-case letter, a lower-case letter and a digit.',
      examples: ['Tr0ut-in-the-milk']
    }),
    organization: Type.String({
      description: 'Your company or team, 1–120 characters; the workspace gets this name.',
      examples: ['Acme Corp']
    }),
    publicUrl: Type.String({ ...publicUrl, examples: ['http://localhost:6050'] }),
    setupToken: Type.Optional(
      Type.String({
        description:
          'The value of `EKSO_SETUP_TOKEN`. Not needed on the machine itself while all addresses are localhost.'
      })
    )
  },
  { additionalProperties: false }
)
export type Claim = Static<typeof Claim>

export const ClaimAnswer = Type.Object({
  tenantId: Type.String({ pattern: '^[0-9a-f]{12}$', examples: ['a1b2c3d4e5f6'] }),
  publicUrl: Type.String({ description: 'The public URL that is in force from now on.' }),
  loginUrl: Type.String({ description: 'Where to sign in.' }),
  message: Type.String()
})
export type ClaimAnswer = Static<typeof ClaimAnswer>
