import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionTable } from '../tables.ts';
import { credentialOfSession } from './credential.ts';

const passwordToken: SessionTable = {
  token_hash: 'hash',
  session_id: 'session',
  parent: null,
  is_full: 1,
  source_ip: null,
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
  last_used_at: null,
  second_factor_at: null,
};

test('a token tells how its user proved itself', () => {
  assert.deepEqual(credentialOfSession(passwordToken), {
    kind: 'token',
    methods: ['password'],
    isFullSession: true,
    signedInAtMs: 0,
    secondFactorAtMs: undefined,
  });
});
