import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessRequest, caResource } from './permissions.ts';

test('a question carries the action, its other names, the resource and the condition keys of the operation', () => {
  const resource = caResource('a1', 'c1');
  assert.deepEqual(
    accessRequest('activateAuthority', {
      resource,
      enterpriseProjectId: '0',
      commonNames: ['x'],
      subjectNames: ['CN:x', 'DNS:y'],
    }),
    {
      action: 'pca:ca:activate',
      aliases: ['pca:ca:active'],
      isCritical: false,
      resource: 'pca:*:a1:ca:c1',
      conditions: { 'g:EnterpriseProjectId': '0', 'pca:SubjectNames': ['CN:x', 'DNS:y'] },
    },
  );
  assert.deepEqual(
    accessRequest('issueCertificateByCsr', {
      enterpriseProjectId: '0',
      commonNames: ['x'],
      subjectNames: ['CN:x', 'DNS:y'],
    }),
    {
      action: 'pca:ca:issueCertByCsr',
      aliases: ['pca:ca:issueCertThroughCSR'],
      isCritical: false,
      conditions: {
        'g:EnterpriseProjectId': '0',
        'pca:CommonName': ['x'],
        'pca:SubjectNames': ['CN:x', 'DNS:y'],
      },
    },
  );
  assert.deepEqual(accessRequest('getAuthorityQuota'), {
    action: 'pca:ca:quota',
    aliases: [],
    isCritical: false,
    conditions: {},
  });
});
