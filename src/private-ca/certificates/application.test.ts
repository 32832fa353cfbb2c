import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '../../platform/errors.ts';
import { inheritedSubject, requestedExtensions } from './application.ts';
import type { CreateCertificateBody } from './certificate-schemas.ts';

const body: CreateCertificateBody = {
  issuer_id: '2cb2878b-6cd1-460d-bd25-afe655159bdc',
  distinguished_name: { common_name: 'TestCert' },
  validity: { type: 'YEAR', value: 1 },
};
const refusal = (change: Partial<CreateCertificateBody>, code: string, detail: RegExp) =>
  assert.throws(
    () => requestedExtensions({ ...body, ...change }),
    (error) => error instanceof ServiceError && error.code === code && detail.test(error.message),
  );
const withName = (type: string, value: string) => ({ subject_alternative_names: [{ type, value }] });

test('attributes not specified, or empty as Terraform sends them, are inherited from the parent CA', () => {
  const parent = { country: 'CN', state: 'S', locality: 'L', organization: 'O', organizational_unit: null };
  assert.deepEqual(inheritedSubject({ common_name: 'a', country: '', state: 'mine' }, parent), {
    common_name: 'a',
    country: 'CN',
    state: 'mine',
    locality: 'L',
    organization: 'O',
    organizational_unit: undefined,
  });
});

test('what Terraform sends for "not set" is not set', () => {
  const extensions = requestedExtensions({
    ...body,
    key_usages: [],
    subject_alternative_names: [],
    extended_key_usage: { server_auth: false, client_auth: false },
    customized_extension: { object_identifier: '', value: '' },
  });
  assert.deepEqual(extensions, {
    keyUsages: undefined,
    alternativeNames: [],
    extendedKeyUsages: [],
    customized: undefined,
  });
});

test('all five types of alternative names are taken, in the order given, each once', () => {
  const names = [
    { type: 'DNS', value: '*.example.com' },
    { type: 'IP', value: '2001:db8::1' },
    { type: 'EMAIL', value: 'a@example.com' },
    { type: 'URI', value: 'spiffe://example.com/a' },
    { type: 'UPN', value: 'a@example.com' },
  ];
  const extensions = requestedExtensions({ ...body, subject_alternative_names: [...names, names[0]!] });
  assert.deepEqual(extensions.alternativeNames, names);
});

test('a wrong field is refused with its own code and its name', () => {
  refusal(withName('DNS', 'a_b'), 'PCA.00020110', /subject_alternative_names\[0\]\.value/);
  refusal(withName('DNS', 'a\u0000.com'), 'PCA.00020110', /subject_alternative_names\[0\]\.value/);
  refusal(withName('DNS', `${'a'.repeat(63)}.`.repeat(4)), 'PCA.00020110', /longer than 253/);
  refusal(withName('IP', '1.2.3'), 'PCA.00020111', /subject_alternative_names\[0\]\.value/);
  refusal(withName('IP', '1'.repeat(40)), 'PCA.00020111', /longer than 39/);
  refusal(withName('RID', '1.2.3'), 'PCA.00020112', /subject_alternative_names\[0\]\.type/);
  refusal(withName('constructor', '1.2.3'), 'PCA.00020112', /type/);
  refusal(withName('EMAIL', 'nobody'), 'PCA.00020001', /subject_alternative_names\[0\]\.value/);
  refusal(withName('EMAIL', `a@${'b'.repeat(255)}`), 'PCA.00020001', /longer than 256/);
  refusal(withName('URI', 'nothing'), 'PCA.00020001', /subject_alternative_names\[0\]\.value/);
  refusal(withName('UPN', 'nobody'), 'PCA.00020001', /subject_alternative_names\[0\]\.value/);
  const many = Array.from({ length: 21 }, (_, index) => ({ type: 'DNS', value: `h${index}.example` }));
  refusal({ subject_alternative_names: many }, 'PCA.00020001', /more than 20/);
  refusal({ key_usages: ['keyCertSign'] }, 'PCA.00020001', /key_usages/);
});

test('a customized extension has both parts or none, and an identifier that no other extension has', () => {
  const extension = { object_identifier: '1.3.6.1.4.1.2011.4.99', value: 'x' };
  assert.deepEqual(requestedExtensions({ ...body, customized_extension: extension }).customized, {
    oid: extension.object_identifier,
    value: 'x',
  });
  refusal({ customized_extension: { value: 'x' } }, 'PCA.00020001', /customized_extension/);
  refusal({ customized_extension: { ...extension, value: '' } }, 'PCA.00020001', /customized_extension/);
  refusal(
    { customized_extension: { ...extension, object_identifier: '2.5.29.14' } },
    'PCA.00020001',
    /object_id/,
  );
  refusal({ customized_extension: { ...extension, object_identifier: 'x' } }, 'PCA.00020001', /object_id/);
  refusal({ customized_extension: { ...extension, value: '\ud800' } }, 'PCA.00020001', /value/);
});
