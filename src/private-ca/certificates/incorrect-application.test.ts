import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertRefused } from '../authorities/authorities.fixture.ts';
import {
  certificateBody,
  countOf,
  createRoot,
  csrBody,
  csrOf,
  openSqliteBench,
  path,
} from './certificates.fixture.ts';

const bench = await openSqliteBench();
const account = bench.account();
const root = await createRoot(account);
const csr = await csrOf();

const nothing = [null, 5, true, 'text', [], {}];
const except = (...kept: string[]) => nothing.filter((value) => !kept.includes(kindOf(value)));

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** Values that a field cannot have, and the code they get; the answer names the field. */
type Table = Record<string, readonly [code: string, values: readonly unknown[]]>;

const common: Table = {
  issuer_id: [
    'PCA.00020201',
    [...except('string'), '', 'x'.repeat(36), `${root}0`, root.slice(1), `${root.slice(0, 35)}g`],
  ],
  validity: ['PCA.00020109', [...except('object'), {}, { type: 'DAY' }, { value: 1 }]],
  'validity.type': ['PCA.00020109', [...nothing, 'year', 'CENTURY']],
  'validity.value': ['PCA.00020109', [...except('number'), 0, -1, 1.5, '1', 1e300, 241_000]],
  'validity.start_from': ['PCA.00020109', [...except('number'), '', '-1', '1e3', 0, 1.5, 9e15]],
  enterprise_project_id: ['PCA.00020001', [...except('string'), 'x', 'ALL', '1'.repeat(36)]],
};

const application: Table = {
  ...common,
  key_algorithm: ['PCA.00020102', [...nothing, 'RSA1024', 'RSA3072', 'rsa2048', 'ED25519', '']],
  signature_algorithm: ['PCA.00020103', [...nothing, 'SHA1', 'SHA224', 'sha256', 'MD5', 'SM3', '']],
  distinguished_name: ['PCA.00020101', [...except('object'), {}]],
  'distinguished_name.common_name': [
    'PCA.00020101',
    [...except('string'), '', 'c'.repeat(65), 'a\u0000', 'a\nb', '<b>'],
  ],
  'distinguished_name.country': ['PCA.00020101', [...except('string'), 'C', 'CHN', 'C1', 'C\u0000']],
  'distinguished_name.state': ['PCA.00020101', [...except('string'), 's'.repeat(129), 'a\u0000', 'a*']],
  'distinguished_name.locality': ['PCA.00020101', [...except('string'), 'l'.repeat(129), 'a\u0000', 'a*']],
  'distinguished_name.organization': ['PCA.00020101', [...except('string'), 'o'.repeat(65), 'a\u0000', 'a*']],
  'distinguished_name.organizational_unit': [
    'PCA.00020101',
    [...except('string'), 'u'.repeat(65), 'a\u0000', 'a*'],
  ],
  key_usages: ['PCA.00020001', [...except('array'), ['cRLSign', 'keyCertSign'], ['decipherOnly']]],
  'key_usages[0]': ['PCA.00020001', [...nothing, 'digitalsignature', '']],
  subject_alternative_names: [
    'PCA.00020001',
    [...except('array'), Array(21).fill({ type: 'DNS', value: 'a' })],
  ],
  'subject_alternative_names[0]': ['PCA.00020001', except('object')],
  'subject_alternative_names[0].type': ['PCA.00020112', [...nothing, 'dns', 'X400', '']],
  'subject_alternative_names[0].value': [
    'PCA.00020110',
    [...except('string'), '', '*', 'a'.repeat(254), 'a\u0000b', 'a_b', '.a'],
  ],
  extended_key_usage: ['PCA.00020001', except('object')],
  'extended_key_usage.client_auth': ['PCA.00020001', except('boolean')],
  customized_extension: [
    'PCA.00020001',
    [...except('object'), { value: 'x' }, { object_identifier: '1.2.3', value: '' }],
  ],
  'customized_extension.object_identifier': [
    'PCA.00020001',
    [...except('string'), '1', '3.1.1', '2.5.29.37', `1.2.${'3'.repeat(61)}`],
  ],
  'customized_extension.value': ['PCA.00020001', [...except('string'), 'v'.repeat(65), '\ud800']],
};

const byCsr: Table = {
  ...common,
  csr: ['PCA.00020401', [...nothing, '', csr.padEnd(5121), csr.slice(0, 100)]],
  type: ['PCA.00020001', [...nothing, 'ROOT', 'entity_cert', '']],
  path_length: ['PCA.00020203', [...except('number'), -1, 7, 0.5]],
  subject_alternative_names: ['PCA.00020001', [...except('array'), Array(21).fill({})]],
};

const complete = {
  ...certificateBody(root),
  subject_alternative_names: [{ type: 'DNS', value: 'a.example' }],
  key_usages: ['digitalSignature'],
  extended_key_usage: {},
  customized_extension: { object_identifier: '1.2.3', value: 'x' },
};

/** A copy of the body with one field changed, by its dotted name. */
function withField(body: object, field: string, value: unknown): object {
  const copy = structuredClone(body) as Record<string, unknown>;
  const names = field.split(/[.[\]]+/).filter((name) => name !== '');
  const last = names.pop()!;
  let container = copy;
  for (const name of names) container = container[name] as Record<string, unknown>;
  container[last] = value;
  return copy;
}

async function refusesAll(url: string, body: object, table: Table): Promise<void> {
  const before = [await countOf(account), (await account.audits()).length];
  for (const [field, [code, values]] of Object.entries(table)) {
    const named = field.split(/[.[]/)[0]!;
    for (const value of values) {
      const answer = await account.send('POST', url, withField(body, field, value));
      const what = `${field} ${JSON.stringify(value)}: ${JSON.stringify(answer.body)}`;
      assert.equal(answer.body.error_code, code, what);
      assertRefused(answer, 400, code, new RegExp(named));
    }
  }
  assert.deepEqual([await countOf(account), (await account.audits()).length], before);
}

test('createCertificate: what a field cannot have is refused with its code and name, and nothing changes', () =>
  refusesAll(path, complete, application));

test('createCertificateByCsr: what a field cannot have is refused with its code and name, and nothing changes', () =>
  refusesAll(`${path}/csr`, { ...csrBody(root, csr), type: 'INTERMEDIATE_CA' }, byCsr));

test('bodies that are no JSON objects are refused', async () => {
  for (const url of [path, `${path}/csr`, `${path}/csr/parse`]) {
    for (const body of ['', '{', 'null', '[]', '"text"', '{"issuer_id":']) {
      assertRefused(await account.send('POST', url, body), 400, 'PCA.00020001', /body/);
    }
  }
});
