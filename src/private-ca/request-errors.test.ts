import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessDenied } from '../platform/errors.ts';
import { apiErrors } from './api-errors.ts';
import { pcaErrors } from './errors.ts';
import { invalid } from './request-errors.ts';

const codes = {
  distinguished_name: 'PCA.00020101',
  'distinguished_name.country': 'PCA.00020101',
  key_algorithm: 'PCA.00020102',
  signature_algorithm: 'PCA.00020103',
  validity: 'PCA.00020109',
  'validity.start_from': 'PCA.00020109',
  'subject_alternative_names[0].type': 'PCA.00020112',
  'subject_alternative_names[19].value': 'PCA.00020110',
  subject_alternative_names: 'PCA.00020001',
  ca_id: 'PCA.00020201',
  issuer_id: 'PCA.00020201',
  type: 'PCA.00020202',
  path_length: 'PCA.00020203',
  crl_configuration: 'PCA.00020204',
  'crl_configuration.enabled': 'PCA.00020204',
  valid_days: 'PCA.00020204',
  certificate_id: 'PCA.00020301',
  csr: 'PCA.00020401',
  status: 'PCA.00020404',
  validity_period: 'PCA.00020001',
  limit: 'PCA.00020001',
};

for (const [path, code] of Object.entries(codes)) {
  test(`${path} is answered with ${code}, naming the field`, () => {
    const error = invalid({ location: 'body', path, keyword: 'type', message: 'must be string' });
    assert.equal(error.code, code);
    assert.equal(error.status, 400);
    assert.ok(error.message.endsWith(` ${path} must be string.`), error.message);
  });
}

test('a body that is wrong as a whole is an incorrect parameter', () => {
  const error = invalid({ location: 'body', path: '', keyword: 'required', message: 'is mandatory' });
  assert.equal(error.message, 'Incorrect parameter. The request body is mandatory.');
});

test('every code of the table has a status of its class and a text', () => {
  for (const [code, definition] of Object.entries(pcaErrors)) {
    assert.equal(definition.code, code);
    assert.match(code, /^PCA\.000[0-9]{5}$/);
    assert.ok([400, 401, 403, 404, 500].includes(definition.status));
    assert.ok(definition.message.length > 0);
  }
});

test('a missing permission is PCA.00010004, a token’s fault PCA.00010001, a failure of ours PCA.00000001', () => {
  const denied = apiErrors.accessDenied(new AccessDenied('pca:ca:list', 'No policy allows it.'));
  assert.deepEqual([denied.status, denied.code], [401, 'PCA.00010004']);
  const token = apiErrors.tokenFault('expired');
  assert.deepEqual([token.status, token.code], [401, 'PCA.00010001']);
  assert.deepEqual([apiErrors.unknownError.status, apiErrors.unknownError.code], [500, 'PCA.00000001']);
});
