/**
 * Every error that a caller may see, once: status and kind as contract §1 and §2 fix them, the sentence
 * that is sent, and the way out that `/guide/errors` prints.
 */
export const problemTable = {
  // Field and body faults
  VALIDATION_FAILED: {
    status: 400,
    kind: 'Validation',
    retry: 'with-change',
    say: 'Some fields are not valid.',
    wayOut: 'Read `fields`: each entry names a field and what is wrong with it. Correct them and send again.'
  },
  MALFORMED_BODY: {
    status: 400,
    kind: 'Validation',
    retry: 'with-change',
    say: 'The body is not a JSON object in UTF-8.',
    wayOut: 'Send one JSON object with `Content-Type: application/json`, without NUL characters.'
  },
  API_VERSION_UNSUPPORTED: {
    status: 400,
    kind: 'Validation',
    retry: 'with-change',
    say: 'This API version does not exist.',
    wayOut: 'Use a version named in the `api-supported-versions` header, or name none.'
  },
  AMBIGUOUS_API_VERSION: {
    status: 400,
    kind: 'Validation',
    retry: 'with-change',
    say: 'The request names two different API versions.',
    wayOut: 'Name the version in one place only.'
  },
  REQUEST_MALFORMED: {
    status: 400,
    kind: 'Validation',
    retry: 'with-change',
    say: 'The request is not well-formed HTTP.',
    wayOut: 'Send one Host header and a URL whose escapes are valid UTF-8.'
  },
  IDEMPOTENCY_KEY_INVALID: {
    status: 400,
    kind: 'Validation',
    retry: 'with-change',
    say: 'Idempotency-Key must be 1 to 255 printable ASCII characters.',
    wayOut: 'Send a fresh random key, for example a UUID.'
  },
  BODY_TOO_LARGE: {
    status: 413,
    kind: 'Validation',
    retry: 'with-change',
    say: 'The body is too large.',
    wayOut: 'Send less: the limit stands in the OpenAPI description of the route.'
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    kind: 'Validation',
    retry: 'with-change',
    say: 'The body must be JSON.',
    wayOut: 'Send `Content-Type: application/json`.'
  },

  // Who and where
  AUTHENTICATION_REQUIRED: {
    status: 401,
    kind: 'Authentication',
    retry: 'with-change',
    say: 'A valid access token or API key of this workspace is needed.',
    wayOut:
      'Send `Authorization: Bearer …`. `WWW-Authenticate` names the metadata that says where a token comes from; one that was refused has expired, was revoked or belongs to another workspace.'
  },
  SCOPE_TOO_NARROW: {
    status: 403,
    kind: 'Permission',
    retry: 'with-change',
    say: 'This token was not given the scope that is needed here.',
    wayOut: 'Ask the user for the scopes that `WWW-Authenticate` names, and use the token that comes of it.'
  },
  SUPER_ADMIN_REQUIRED: {
    status: 403,
    kind: 'Permission',
    retry: 'never',
    say: 'Only a super admin of this workspace may do this.',
    wayOut: 'Ask a super admin to do it. No scope of a token widens what its user may do.'
  },
  FRESH_PASSWORD_REQUIRED: {
    status: 403,
    kind: 'Permission',
    retry: 'never',
    say: 'This needs a person in a browser who has just entered the password.',
    wayOut:
      'Ask the person to do it on the pages of the workspace. No token and no API key reaches passwords, the e-mail address of a super admin, the second factor or the granting of super admin.'
  },
  ORIGIN_REFUSED: {
    status: 403,
    kind: 'Permission',
    retry: 'never',
    say: 'This form was not sent from its own page.',
    wayOut: 'Open the link from the e-mail again and use the button on that page.'
  },
  ROUTE_NOT_FOUND: {
    status: 404,
    kind: 'NotFound',
    retry: 'never',
    say: 'There is nothing at this address.',
    wayOut: 'See `/openapi.json` for the routes of the API and `/llms.txt` for the documents.'
  },
  HOST_UNKNOWN: {
    status: 421,
    kind: 'NotFound',
    retry: 'never',
    say: 'No workspace has this host name here.',
    wayOut: 'Check the address. A workspace lives at its domain in front of the public host name.'
  },
  WORKSPACE_CLOSED: {
    status: 410,
    kind: 'Gone',
    retry: 'never',
    say: 'This workspace was closed by its owner.',
    wayOut: 'Open a new workspace if one is wanted.'
  },

  // People, groups, keys
  USER_NOT_FOUND: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    say: 'There is no such user in this workspace.',
    wayOut: 'Read `GET /api/user` for the users that there are.'
  },
  USER_EMAIL_TAKEN: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    field: 'email',
    say: 'Another user of this workspace has this e-mail address.',
    wayOut: 'Use another address, or change the user who has it; an inactive one can be made active again.'
  },
  LAST_SUPER_ADMIN: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    say: 'This is the last super admin who can act.',
    wayOut: 'Make somebody else a super admin first.'
  },
  GROUP_NOT_FOUND: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    say: 'There is no such group in this workspace.',
    wayOut: 'Read `GET /api/security/user-group` for the groups that there are.'
  },
  GROUP_NAME_TAKEN: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    field: 'name',
    say: 'Another group has this name.',
    wayOut: 'Choose another name.'
  },
  GROUP_IS_SYSTEM: {
    status: 422,
    kind: 'Logic',
    retry: 'never',
    say: 'Everyone and Administrators keep their names, cannot be removed, and Everyone lists nobody.',
    wayOut: 'Make a group of your own.'
  },
  GROUP_IN_USE: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    say: 'This group still has rights.',
    wayOut: 'Take it out of the `count` access controls that name it, then remove it.'
  },
  ACCESS_CONTROL_NOT_FOUND: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    say: 'There is no such access control in this workspace.',
    wayOut: 'Read `GET /api/access-control` for those that there are.'
  },
  ACCESS_CONTROL_EXISTS: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    say: 'This area has that role already.',
    wayOut: 'Change the groups of the one that is there.'
  },

  API_KEY_NOT_FOUND: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    say: 'There is no such API key in this workspace.',
    wayOut: 'Read `GET /api/admin/api-key` for the keys that there are.'
  },
  KEY_CANNOT_MINT: {
    status: 403,
    kind: 'Permission',
    retry: 'never',
    say: 'An API key cannot make API keys.',
    wayOut: 'Sign in, or use an app that has the scope `admin`.'
  },
  KEY_SCOPE_TOO_WIDE: {
    status: 403,
    kind: 'Permission',
    retry: 'with-change',
    say: 'A key cannot do more than the one who makes it.',
    wayOut: 'Ask for scopes that this token has itself; `admin` is for super admins.'
  },
  TOO_MANY_KEYS: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    say: 'A user has at most 100 API keys.',
    wayOut: 'Revoke keys that are no longer used.'
  },

  // First run
  STARTUP_DONE: {
    status: 410,
    kind: 'Gone',
    retry: 'never',
    say: 'This install has been set up already.',
    wayOut: 'Sign in at its public URL. The first-run wizard runs once.'
  },
  SETUP_TOKEN_UNSET: {
    status: 403,
    kind: 'Permission',
    retry: 'with-change',
    say: 'Only with a setup token may this install be set up from here, and it has none: set EKSO_SETUP_TOKEN to a long random text, start the server again and send the same text in setupToken.',
    wayOut:
      'Set `EKSO_SETUP_TOKEN` (`openssl rand -hex 24` makes one), start the server again, and send the same text in `setupToken`. No token is needed on the machine itself while the server listens there alone and all addresses are localhost.'
  },
  SETUP_TOKEN_WRONG: {
    status: 403,
    kind: 'Permission',
    retry: 'with-change',
    say: 'The setup token is missing or wrong.',
    wayOut: 'Send the value of `EKSO_SETUP_TOKEN` in `setupToken`. Five tries a minute are free.'
  },
  PUBLIC_URL_FIXED: {
    status: 400,
    kind: 'Validation',
    retry: 'with-change',
    say: 'EKSO_PUBLIC_URL says what the public URL of this install is: publicUrl must equal it.',
    wayOut:
      'Send the value of `EKSO_PUBLIC_URL` in `publicUrl`, or change the setting and start the server again.'
  },
  PUBLIC_URL_IN_USE: {
    status: 409,
    kind: 'Conflict',
    retry: 'with-change',
    say: 'Other workspaces live at names below the host of the public URL, so publicUrl must keep that host.',
    wayOut: 'Send a `publicUrl` with the host that is in force now.'
  },

  // Repeats, limits, failures
  RECORD_CHANGED: {
    status: 412,
    kind: 'Conflict',
    retry: 'with-change',
    say: 'The record has changed since it was read.',
    wayOut: 'Read it again, apply the change to what it is now, and send its new `ETag` in `If-Match`.'
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    say: 'This Idempotency-Key was used for another request.',
    wayOut: 'Use a new key for a new request; repeat a request with its own key and the same body.'
  },
  REQUEST_IN_PROGRESS: {
    status: 409,
    kind: 'Conflict',
    retry: 'after',
    say: 'The first request with this Idempotency-Key is still running.',
    wayOut: 'Wait for `Retry-After` seconds and send the same request again.'
  },
  RATE_LIMITED: {
    status: 429,
    kind: 'RateLimit',
    retry: 'after',
    say: 'Too many requests.',
    wayOut: 'Wait for `Retry-After` seconds. `RateLimit` tells what is left before it comes to this.'
  },
  INTERNAL_ERROR: {
    status: 500,
    kind: 'Exception',
    retry: 'after',
    say: 'Something went wrong on our side.',
    wayOut: 'Try again later. The operator finds the cause in the log by `requestId`.'
  },
  DATABASE_UNAVAILABLE: {
    status: 503,
    kind: 'Unavailable',
    retry: 'after',
    say: 'The database cannot be reached at the moment.',
    wayOut: 'Wait for `Retry-After` seconds and send the same request again, with the same Idempotency-Key.'
  },
  SERVER_STOPPING: {
    status: 503,
    kind: 'Unavailable',
    retry: 'after',
    say: 'The server is stopping.',
    wayOut: 'Wait for `Retry-After` seconds and send the same request again.'
  },

  // Agent onboarding: fields
  NAME_REQUIRED: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    field: 'name',
    say: 'The name of the person is required.',
    wayOut: 'Ask the person for their name and send it as text in `name`.'
  },
  NAME_INVALID: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    field: 'name',
    say: 'The name is too long or has characters that cannot be shown.',
    wayOut: 'Send at most 120 characters without line breaks, control or direction characters.'
  },
  EMAIL_REQUIRED: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    field: 'email',
    say: 'The e-mail address of the person is required.',
    wayOut: 'Ask the person for their address and send it as text in `email`.'
  },
  EMAIL_INVALID: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    field: 'email',
    say: 'This is not an e-mail address that can receive mail.',
    wayOut: 'Send one plain address such as `jane@example.com`.'
  },
  COMPANY_REQUIRED: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    field: 'company',
    say: 'The company is required.',
    wayOut: 'Ask the person for the name of their company or team and send it as text in `company`.'
  },
  COMPANY_INVALID: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    field: 'company',
    say: 'The company is too long or has characters that cannot be shown.',
    wayOut: 'Send at most 120 characters without line breaks, control or direction characters.'
  },
  DOMAIN_REQUIRED: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    field: 'domain',
    say: 'The domain is required.',
    wayOut: 'Choose one, or take one of `suggestions`.'
  },
  DOMAIN_TOO_SHORT: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    field: 'domain',
    say: 'Domain must be at least 3 characters',
    wayOut: 'Choose a longer one, or take one of `suggestions`.'
  },
  DOMAIN_TOO_LONG: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    field: 'domain',
    say: 'Domain must be at most 20 characters',
    wayOut: 'Choose a shorter one, or take one of `suggestions`.'
  },
  DOMAIN_INVALID: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    field: 'domain',
    say: 'Domain may have lowercase letters, digits and single hyphens, and neither begins nor ends with a hyphen.',
    wayOut: 'Use only `a-z`, `0-9` and `-`, or take one of `suggestions`.'
  },
  DOMAIN_BLACKLISTED: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    field: 'domain',
    say: 'The domain is reserved or blacklisted',
    wayOut: 'Choose another one, or take one of `suggestions`.'
  },
  DOMAIN_TAKEN: {
    status: 409,
    kind: 'Conflict',
    retry: 'with-change',
    field: 'domain',
    say: 'This domain is already in use',
    wayOut: 'Choose another one, or take one of `suggestions`. The code that was mailed stays valid.'
  },
  AGENT_INVALID: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    field: 'agent',
    say: '`agent` must have a name and an S256 code challenge.',
    wayOut:
      'Send `agent: { name, codeChallenge }` with 43 base64url characters in `codeChallenge`, or leave it out.'
  },

  // Agent onboarding: codes and states
  INVALID_VERIFICATION_CODE: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    field: 'verificationCode',
    say: 'The verification code is incorrect or already used',
    wayOut: 'Ask the person to read the six digits of the newest e-mail again, or have a new code sent.'
  },
  VERIFICATION_CODE_EXPIRED: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    field: 'verificationCode',
    say: 'The verification code has expired (codes are valid for 10 minutes)',
    wayOut: 'Have a new code sent and ask the person for it.'
  },
  VERIFICATION_CODE_LOCKED: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    field: 'verificationCode',
    say: 'This code was tried too often and is dead.',
    wayOut: 'Have a new code sent and ask the person for it.'
  },
  CODE_RECENTLY_SENT: {
    status: 429,
    kind: 'RateLimit',
    retry: 'after',
    field: 'email',
    say: 'A code was sent to this address a moment ago, or the address has had enough mail for today.',
    wayOut:
      'Wait for `Retry-After` seconds. Meanwhile ask the person to look for the e-mail, also among spam.'
  },
  RESENDS_USED_UP: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    say: 'All three codes of this sign-up have been sent.',
    wayOut: 'Use the newest code while it lives, or begin a new sign-up.'
  },
  CORRECTIONS_USED_UP: {
    status: 422,
    kind: 'Logic',
    retry: 'with-change',
    say: 'The address of this sign-up has been corrected twice already.',
    wayOut: 'Begin a new sign-up with the right address.'
  },
  SIGNUP_COMPLETED: {
    status: 422,
    kind: 'Logic',
    retry: 'never',
    say: 'This sign-up is complete: the workspace exists.',
    wayOut: 'Ask for its status, or send step 2 with its `signupId` to read the answer again.'
  },
  SIGNUP_NOT_FOUND: {
    status: 404,
    kind: 'NotFound',
    retry: 'never',
    say: 'There is no sign-up with this id.',
    wayOut: 'Begin a new sign-up.'
  },
  SIGNUP_EXPIRED: {
    status: 410,
    kind: 'Gone',
    retry: 'never',
    say: 'This sign-up was not confirmed within 60 minutes and has expired.',
    wayOut: 'Begin a new sign-up if the person still wants one.'
  },
  SIGNUP_REJECTED: {
    status: 410,
    kind: 'Gone',
    retry: 'never',
    say: 'The owner of the address refused this sign-up.',
    wayOut: 'Do not repeat it. Begin a new one only if the person you are working for asks for it.'
  },
  SIGNUP_CANCELLED: {
    status: 410,
    kind: 'Gone',
    retry: 'never',
    say: 'This sign-up was cancelled.',
    wayOut: 'Begin a new sign-up if one is wanted.'
  },
  SIGNUP_UNDONE: {
    status: 410,
    kind: 'Gone',
    retry: 'never',
    say: 'The owner undid this sign-up and closed the workspace.',
    wayOut: 'Do not repeat it. Begin a new one only if the person you are working for asks for it.'
  },
  SIGNUP_CLOSED: {
    status: 403,
    kind: 'Permission',
    retry: 'never',
    say: 'This install does not take sign-ups.',
    wayOut: 'Ask the operator of the install for a workspace.'
  }
} as const satisfies Record<string, ProblemRow>

export type ProblemKind =
  | 'Validation'
  | 'Authentication'
  | 'Permission'
  | 'NotFound'
  | 'Conflict'
  | 'Gone'
  | 'RateLimit'
  | 'Logic'
  | 'Exception'
  | 'Unavailable'

export type ProblemRow = {
  status: number
  kind: ProblemKind
  /** Whether the same caller can succeed: not at all, later, or with another input (contract §2). */
  retry: 'never' | 'after' | 'with-change'
  field?: string
  say: string
  wayOut: string
}

export type ProblemCode = keyof typeof problemTable
