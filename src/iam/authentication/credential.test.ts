import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionTable } from '../tables.ts';
import { credentialOfSession } from './credential.ts';

const passwordToken: SessionTable = {
  token_hash: 'hash',
  use: 'bearer',
  access_key: null,
  wrapped_secret: null,
  account_id: 'account',
  principal_kind: 'user',
  principal_id: 'user',
  federated_name: null,
  federated_groups: null,
  assumed_by: null,
  credentials_version: 1,
  project_id: null,
  scope: 'domain',
  methods: '["password"]',
  issued_at: 0,
  expires_at: 1,
};

test('a password login outside projects is a full session', () => {
  const credential = credentialOfSession(passwordToken);
  assert.deepEqual(credential, {
    kind: 'token',
    methods: ['password'],
    isFullSession: true,
    secondFactorAtMs: undefined,
  });
});

for (const [what, difference] of [
  ['bound to a project', { scope: 'project', project_id: 'project' }],
  ['of a temporary key', { use: 'signature', methods: '["token"]' }],
  ['of an agency', { principal_kind: 'agency', methods: '["assume_role"]' }],
  ['of a federated user', { principal_kind: 'federated', methods: '["mapped"]' }],
  ['of a user whom an identity provider vouched for', { methods: '["mapped"]' }],
  ['exchanged for such a token', { methods: '["token","mapped"]' }],
] as const)
  test(`a session ${what} is not a full one`, () => {
    assert.equal(credentialOfSession({ ...passwordToken, ...difference }).isFullSession, false);
  });
