import Type, { type Static } from 'typebox'
import { systemMembers } from '#server/kernel/record.schema.ts'

const whole = (description: string, minimum: number, maximum: number) =>
  Type.Integer({ description, minimum, maximum })

const rules = {
  active: Type.Boolean({
    description: 'Whether people sign in by e-mail and password. Super admins always can.'
  }),
  passwordChangeInterval: whole('Days after which a password must be changed; 0 for never.', 0, 3650),
  passwordMinimumLength: whole('In characters.', 8, 64),
  passwordMaximumLength: whole('In characters.', 8, 128),
  passwordRequireNumber: Type.Boolean(),
  passwordRequireUppercaseLetter: Type.Boolean(),
  passwordRequireLowercaseLetter: Type.Boolean(),
  passwordRequireSymbol: Type.Boolean({ description: 'One of `!@#$%^&*()-=_+`.' }),
  twoFactorAuth: Type.Boolean({
    description: 'Whether a code is mailed after the password. Switching it off takes a person in a browser.'
  }),
  twoFactorAuthCodeSize: whole('Digits of that code.', 6, 10)
}

const Rules = Type.Object(rules)
/** How people sign in by e-mail and password in a workspace. */
export type FormsAuthRules = Static<typeof Rules>

export const FormsAuth = Type.Object({ ...systemMembers, ...rules })
export type FormsAuth = Static<typeof FormsAuth>

/** What is left out stays as it is. */
export const FormsAuthChange = Type.Object(Type.Partial(Rules).properties, { additionalProperties: false })
export type FormsAuthChange = Static<typeof FormsAuthChange>
