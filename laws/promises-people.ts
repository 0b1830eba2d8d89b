import type { Chapter } from './pledge.ts'

/** Records and tokens of contract §1, people and rights of §3. */
export const peoplePromises: Chapter[] = [
  {
    source: 'contract §1 API conventions, records',
    pledges: {
      'C1-records': 'Every record carries the eight system members; what is sent of them is ignored.',
      'C1-list': 'Every list has a bound; Link leads to its next part.',
      'C1-enums': 'Enums are integers in answers; names or integers are accepted on writes.',
      'C1-if-match': 'Records answer with ETag; If-Match makes a write conditional (412 RECORD_CHANGED).',
      'C1-tenant-border': 'What belongs to another workspace does not exist here, in any route.'
    }
  },
  {
    source: 'contract §1 API keys',
    pledges: {
      'C1-api-key-made':
        'A key is shown once, kept as a hash, with work:read work:write and 90 days by default.',
      'C1-api-key-expiry': 'A key ends at its expiry.',
      'C1-api-key-scope': 'A key is never wider than its maker.',
      'C1-api-key-mint': 'A key cannot mint keys.',
      'C1-api-key-mail': 'Minting a key mails its owner.',
      'C1-api-key-grant': 'A key minted over OAuth ends with that grant.',
      'C1-api-key-revoked': 'A revoked key stops at once.',
      'C1-api-key-use': 'The last use of a key is noted without a write with every request.',
      'C1-key-other-host': 'On the host of another workspace a key is 401.',
      'C1-key-client': 'For signed-in callers a key counts per workspace, user and client.'
    }
  },
  {
    source: 'contract §3, tokens',
    pledges: {
      'C3-challenge-missing': 'Without a token the 401 names the resource metadata, and no error.',
      'C3-challenge-invalid': 'A bad or expired token is 401 with error="invalid_token".',
      'C3-challenge-scope':
        'Too narrow a scope is 403 with error="insufficient_scope" and all scopes that are needed.',
      'C3-bearer-only': 'No route of /api reads a token from a cookie, the query or the body.',
      'C3-scope-hierarchy': 'Write implies read; no other scope implies another.',
      'C3-openapi-security': 'The API description says which scopes an operation needs.'
    }
  },
  {
    source: 'contract §3, people',
    pledges: {
      'C3-me': 'GET /api/user/me answers who the token speaks for and what it may do.',
      'C3-invitation': 'A super admin invites by mail; the link sets the first password for 72 hours.',
      'C3-user-email': 'An address has one user in a workspace.',
      'C3-user-read': 'People read their own record, super admins everybody’s.',
      'C3-user-rights':
        'Own preferences are one’s own to change; users, groups, grants and settings need a super admin and the scope admin.',
      'C3-out-of-reach':
        'Own password, e-mail of a super admin, second factor and granting super admin need a browser session with the password just entered.',
      'C3-deactivation': 'A user made inactive loses every access at once.',
      'C3-lock': 'A locked user cannot act.',
      'C3-last-super-admin': 'The last super admin cannot be removed.',
      'C3-address-change':
        'When an address changes, what was sent to the old one dies, and the old one is told.',
      'C3-system-groups': 'A workspace has the groups Everyone and Administrators, which stay.',
      'C3-group-record': 'Groups are made, read, changed and removed.',
      'C3-areas': 'Rights in the six areas come with groups and go with them.',
      'C3-forms-auth': 'The rules of passwords are a setting of each workspace.'
    }
  }
]
