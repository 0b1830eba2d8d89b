import type { Chapter } from './pledge.ts'

/** The authorization server and the resources it protects: contract §3, what of §2 and §5 goes with it, and the RFCs. */
export const oauthPromises: Chapter[] = [
  {
    source: 'contract §3 endpoints, metadata, errors',
    pledges: {
      'C3-endpoints':
        'The endpoints stand at the addresses of contract §3 on every workspace host, and no others.',
      'C3-error-shape':
        'Errors of the OAuth endpoints have the shape of RFC 6749 and RFC 7591, never that of the API.',
      'C3-host-immune': 'Neither Host nor X-Forwarded-* puts an address into metadata, redirects or answers.',
      'C3-cors-oauth':
        '/token, /register and the metadata answer CORS * without credentials, the pages none.',
      'C3-tenant-apart':
        'Codes, tokens, clients, keys and interactions of one workspace mean nothing in another.',
      'C3-at-rest': 'Codes and tokens are kept as hashes, client secrets and private keys sealed.'
    }
  },
  {
    source: 'contract §3 tokens',
    pledges: {
      'C3-token-form': 'Access tokens are at+jwt, ES256, 15 minutes, with the claims of RFC 9068.',
      'C3-audience': 'A token has one audience: /api unless /mcp was asked for; one opens not the other.',
      'C3-disconnect':
        'Disconnecting an app or ending a user makes calls fail within 10 s; other devices go on.',
      'C3-user-gone': 'A user who is gone or inactive gets no code and no token.',
      'C3-refresh-given':
        'Every client that may refresh gets a refresh token, whether it asks for offline_access or not.',
      'C3-refresh-together': 'Refreshes that arrive together share one answer, also over several servers.',
      'C3-refresh-replay':
        'A refresh repeated within 10 s, while its successor is unused, gets the same answer.',
      'C3-refresh-strict': 'With EKSO_REFRESH_REPLAY_SECONDS=0 a repeated refresh is reuse at once.',
      'C3-refresh-family': 'Reuse of a refresh token revokes its family and no other.',
      'C3-refresh-sealed': 'Kept answers of refreshes are sealed, and gone when they may not be given again.',
      'C3-refresh-idle': 'A refresh token ends after 30 idle days.',
      'C3-scope-default': 'No scope asked means work:read work:write.',
      'C3-scope-implied': 'A token with work:write may read.',
      'C3-scope-cut': 'A scope cuts rights down and never widens them.',
      'C3-key-rotation':
        'Each workspace announces its next key before it signs, and shows the earlier one a day after.',
      'C3-key-compromise': 'A compromised key is gone within a minute, with the tokens that it signed.'
    }
  },
  {
    source: 'contract §3 consent, registration, cookies',
    pledges: {
      'C3-consent-facts':
        'The page knows client, redirect host, loopback and scopes; admin and money:read start unticked.',
      'C3-consent-untick': 'Scopes that were unticked are not granted; nothing ticked is a denial.',
      'C3-interaction-browser':
        'Only the browser that began an interaction can see, finish and resume it, once, for ten minutes.',
      'C3-session-own': 'The library remembers nobody: each authorization asks our own session.',
      'C3-cookie-flags':
        'Cookies are host-only, HttpOnly and SameSite=Lax, with __Host- or __Secure- names on https.',
      'C3-real-clients': 'The registrations of real clients are all accepted.',
      'C3-registration-limit': 'Registrations are limited per workspace and client address.',
      'C3-registration-quota': 'A full quota evicts the oldest client that nobody consented to.',
      'C3-cimd': 'With EKSO_CIMD=on a client may be named by the address of its document.',
      'C3-cimd-document':
        'A document that is not whole, or wants a shared secret or fetched keys, makes no client.',
      'C3-cimd-verified': 'The page names the host that vouches for such a client.',
      'C3-cimd-cache': 'Documents are fetched once while fresh, faulty ones too, and no host without end.',
      'C3-cimd-address': 'Only plain https addresses with a path are taken for documents.',
      'C3-outbound': 'Outbound requests are https, small, short, and follow no redirect.',
      'C3-outbound-ssrf': 'Outbound requests reach no special-use address.',
      'C3-memory': 'A thousand workspaces that are touched once cost less than 300 MB.'
    }
  },
  {
    source: 'contract §2 The agent leaves with access',
    pledges: {
      'C2-agent-token': 'The agent redeems its code at the workspace’s own /token and acts for the owner.',
      'C2-agent-scope': 'Its scope is work:read work:write and nothing else.',
      'C2-agent-code': 'Its code lives 600 s and needs its verifier.',
      'C2-agent-authorize': 'Its client cannot be used at /authorize.',
      'C2-agent-revoke': 'The owner sees it among the connected apps and ends it.'
    }
  },
  {
    source: 'contract §5 EKSO_CIMD',
    pledges: {
      'C5-cimd-off': 'Off, which is the default, nothing is promised and nothing fetched.',
      'C5-cimd-auto': 'Auto promises it while this server reaches the internet.'
    }
  },
  {
    source: 'RFC 6749 OAuth 2.0',
    pledges: {
      'R6749-state': '§4.1.2: state comes back unchanged, in success and error.',
      'R6749-no-open-redirect':
        '§4.1.2.1, §10.15: without valid client and redirect_uri nothing is redirected.',
      'R6749-authorize-error': '§4.1.2.1: other faults are told to the client by redirect.',
      'R6749-unknown-parameters': '§3.1: unknown parameters are ignored.',
      'R6749-doubled-parameters': '§3.1, §3.2: a parameter that stands twice is refused.',
      'R6749-owner': '§3.1: nobody gets a code before the user was identified.',
      'R6749-scope-default': '§3.3: a request without scope has the documented default.',
      'R6749-scope-told': '§3.3, §5.1: the answer says which scope was granted.',
      'R6749-code-once': '§4.1.2: a code works once; used again it is refused and its tokens are revoked.',
      'R6749-code-short': '§4.1.2: a code lives shortly.',
      'R6749-code-client': '§4.1.3: a code is bound to its client.',
      'R6749-redirect-same': '§4.1.3: redirect_uri at /token is that of the request.',
      'R6749-client-auth': '§2.3.1, §3.2.1: a client with a secret proves itself; HTTP Basic is supported.',
      'R6749-one-mechanism': '§2.3: a client authenticates in one way only.',
      'R6749-secret-strength': '§2.3.1, §10.10: secrets, codes and tokens cannot be guessed.',
      'R6749-invalid-client': '§5.2: failed client authentication is 401 invalid_client.',
      'R6749-token-post': '§3.2: /token takes POST alone.',
      'R6749-token-request': '§5.2: a faulty token request is 400 with its error.',
      'R6749-token-answer': '§5.1: the answer is JSON that no cache keeps.',
      'R6749-refresh-client': '§6: a refresh token is bound to its client.',
      'R6749-refresh-scope': '§6: a refresh never widens the scope.'
    }
  },
  {
    source: 'RFC 6750 Bearer tokens',
    pledges: {
      'R6750-header': '§2.1: the Authorization header is how a token is sent.',
      'R6750-challenge': '§3: a 401 has a challenge; without a token it has no error.',
      'R6750-insufficient-scope': '§3.1: too narrow a scope is 403 insufficient_scope.'
    }
  },
  {
    source: 'RFC 7009 Revocation',
    pledges: {
      'R7009-revoke': '§2: refresh tokens can be revoked; an unknown token is 200.',
      'R7009-client': '§2.1: only the client that a token was issued to can revoke it.',
      'R7009-unsupported': '§2.2.1: a token type that cannot be revoked is unsupported_token_type.'
    }
  },
  {
    source: 'RFC 7591 Registration',
    pledges: {
      'R7591-answer':
        '§3.2.1: 201 with client_id, the registered values, and when the secret ends; not cached.',
      'R7591-refusal': '§3.2.2: a registration that is refused says why.',
      'R7591-unknown': '§2: unknown metadata is ignored.',
      'R7591-client-id': '§3.1, RFC 9700 §4.15: a client cannot choose its client_id or secret.'
    }
  },
  {
    source: 'RFC 7592 Management',
    pledges: {
      'R7592-management': '§2: a client reads, changes and deletes itself at its own address.',
      'R7592-token': '§2, §3: only with its own registration token.',
      'R7592-delete': '§2.3: with a client its tokens go.'
    }
  },
  {
    source: 'RFC 7636 PKCE',
    pledges: {
      'R7636-required': '§4.4.1: a request without an S256 challenge is invalid_request.',
      'R7636-verifier': '§4.6: a verifier that does not match is invalid_grant.'
    }
  },
  {
    source: 'RFC 8414 Metadata',
    pledges: {
      'R8414-metadata': '§2, §3: the document has the required members and is application/json.',
      'R8414-issuer': '§3.3: issuer is exactly the address that the document was asked from.',
      'R8414-jwks': '§2: jwks_uri serves the public keys and nothing else.'
    }
  },
  {
    source: 'RFC 8707 Resource indicators',
    pledges: {
      'R8707-resource': '§2: the token is for the resource that was asked for.',
      'R8707-target': '§2: an unknown, relative or second resource is invalid_target.',
      'R8707-refresh': '§2.2: a refresh reaches no resource that was not granted.',
      'R8707-audience': '§2: a resource refuses tokens that are not for it.'
    }
  },
  {
    source: 'RFC 9068 JWT access tokens',
    pledges: {
      'R9068-accepted': '§2.2: tokens carry iss, exp, aud, sub, client_id, iat, jti and scope.',
      'R9068-validation': '§4: type, signature, algorithm, issuer, audience and time are checked.'
    }
  },
  {
    source: 'RFC 9207 Issuer identification',
    pledges: {
      'R9207-iss': '§2: iss is in every authorization answer, errors too.',
      'R9207-metadata': '§3: the metadata says so.'
    }
  },
  {
    source: 'RFC 9728 Protected resource metadata',
    pledges: {
      'R9728-metadata': '§2, §3.3: resource is the very address that the well-known path was inserted into.',
      'R9728-challenge': '§5.1: the challenge names the metadata.'
    }
  },
  {
    source: 'RFC 9700 Best practice',
    pledges: {
      'R9700-redirect-exact': '§2.1: redirect addresses are compared exactly.',
      'R9700-loopback-port': '§2.1: but for the port of a loopback address.',
      'R9700-redirect-scheme': '§4.11: no browser is sent to a scheme that starts whatever follows.',
      'R9700-downgrade': '§2.1.1: PKCE cannot be left out or weakened.',
      'R9700-no-implicit': '§2.1.2: no answer at /authorize holds an access token.',
      'R9700-no-password': '§2.4: the password grant does not exist.',
      'R9700-code-replay': '§2.1.1: a code used twice ends what it gave.',
      'R9700-mix-up': '§2.1, §4.4: a client can tell whose answer it got.',
      'R9700-refresh-reuse': '§4.14.2: a spent refresh token that is used again ends the family.',
      'R9700-no-query': '§4.3.2: tokens in the query are not taken.',
      'R9700-no-307': '§4.12: redirects after a form are 303.',
      'R9700-no-cors': '§2.6: no CORS at /authorize.',
      'R9700-frames': '§4.16: pages of the server cannot be framed.',
      'R9700-client-assertion': '§2.5: a client may prove itself with a key of its own; a proof works once.'
    }
  }
]
