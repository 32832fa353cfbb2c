import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { iamLimits } from '../../src/iam/index.ts';
import { kmsLimits } from '../../src/kms/index.ts';
import { objectStorageLimits } from '../../src/object-storage/index.ts';
import { privateCaLimits } from '../../src/private-ca/index.ts';
import { revocationLimits } from '../../src/revocation/index.ts';
import { sslLimits } from '../../src/ssl-certificates/index.ts';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { type RunningApp, startApp } from '../support/app.ts';
import { rootCaBody } from '../support/private-ca-requests.ts';

const declarations = [
  iamLimits,
  kmsLimits,
  objectStorageLimits,
  privateCaLimits,
  revocationLimits,
  sslLimits({}),
];

/** Tables of no capability with accounts. */
const technical: Readonly<Record<string, string>> = {
  jobs: 'work that belongs to a row of another table, one for its kind and key',
  settings: 'of the installation',
  kysely_migration: 'of the migrations',
  kysely_migration_lock: 'of the migrations',
};

let running: RunningApp;
let api: ApiClient;
let limitsPath: string;

before(async () => {
  running = await startApp();
  api = await signIn(running);
  limitsPath = `/v1/accounts/${running.bootstrap.account_id}/limits`;
});

after(async () => {
  api?.close();
  await running?.close();
});

interface Limits {
  readonly limits: readonly { readonly kind: string; readonly limit: number; readonly used: number }[];
}

const setLimit = (kind: string, limit: number | null) =>
  api.call<Limits>('PUT', limitsPath, { limits: [{ kind, limit }] });

async function limitOf(kind: string) {
  const { limits } = await api.call<Limits>('GET', '/v1/limits');
  const found = limits.find((each) => each.kind === kind);
  return found && [found.used, found.limit];
}

test('every table has a limit or a reason why it needs none', () => {
  const database = new DatabaseSync(join(running.dataDir, 'openccm.db'), { readOnly: true });
  const names = database
    .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
    .all()
    .map(({ name }) => String(name));
  database.close();
  const declared = new Set([
    ...Object.keys(technical),
    ...declarations.flatMap(({ kinds }) => kinds.flatMap(({ tables }) => tables)),
    ...declarations.flatMap(({ boundedOtherwise }) => Object.keys(boundedOtherwise)),
  ]);
  assert.ok(names.length > 40, String(names.length));
  assert.deepEqual(
    names.filter((name) => !declared.has(name)),
    [],
    'tables in no LimitDeclaration',
  );
  assert.deepEqual(
    [...declared].filter((name) => !names.includes(name)),
    [],
    'declared tables that do not exist',
  );
});

test('every kind is told with what is used of it, once', async () => {
  const { limits } = await api.call<Limits>('GET', '/v1/limits');
  const kinds = declarations.flatMap((each) => each.kinds.map(({ kind }) => kind));
  assert.deepEqual(limits.map(({ kind }) => kind).sort(), [...kinds].sort());
  assert.equal(new Set(kinds).size, kinds.length);
  for (const { kind, limit, used } of limits)
    assert.ok(Number.isInteger(limit) && Number.isInteger(used) && used <= limit, kind);
});

test('the vendor’s quota operations tell the same numbers', async () => {
  const quotas = async (path: string) =>
    (await api.call<{ quotas: { resources: { type: string; used: number; quota: number }[] } }>('GET', path))
      .quotas.resources;
  await setLimit('pca.authorities', 1);
  await api.call('POST', '/v1/private-certificate-authorities', rootCaBody('Only'));
  const refused = await api.send('POST', '/v1/private-certificate-authorities', rootCaBody('Second'));
  assert.equal(refused.status, 403);
  assert.match(refused.text, /PCA\.00030001/);
  assert.deepEqual(await limitOf('pca.authorities'), [1, 1]);
  const [authorities] = await quotas('/v1/private-certificate-authorities/quotas');
  assert.deepEqual([authorities?.used, authorities?.quota], [1, 1]);
  await setLimit('pca.authorities', null);
  assert.deepEqual(await limitOf('pca.authorities'), [1, 100]);

  const kms = `/v1.0/${running.bootstrap.project_id}/kms`;
  await setLimit('kms.keys', 1);
  await api.call('POST', `${kms}/create-key`, { key_alias: 'first' });
  const second = await api.send('POST', `${kms}/create-key`, { key_alias: 'second' });
  assert.match(second.text, /KMS\.1105/);
  assert.deepEqual(await limitOf('kms.keys'), [1, 1]);
  const [keys] = await quotas(`${kms}/user-quotas`);
  assert.deepEqual([keys?.used, keys?.quota], [1, 1]);
  await setLimit('kms.keys', null);
});

test('a flood of purchases ends at the limit', async () => {
  const purchase = (fields: object) =>
    api.send('POST', '/v3/scm/certificates/buy', {
      cert_brand: 'GEOTRUST',
      cert_type: 'OV_SSL_CERT',
      domain_type: 'SINGLE_DOMAIN',
      effective_time: 1,
      domain_numbers: 1,
      order_number: 1,
      agree_privacy_protection: true,
      ...fields,
    });
  const paid = await Promise.all(
    Array.from({ length: 8 }, () => purchase({ order_number: 100, is_auto_pay: true })),
  );
  assert.deepEqual(paid.map(({ status }) => status).sort(), [200, 200, 200, 200, 200, 400, 400, 400]);
  assert.deepEqual(await limitOf('scm.unused_certificates'), [500, 500]);
  const full = paid.find(({ status }) => status === 400);
  assert.match(
    full?.text ?? '',
    /SCM\.0025.*at most 500 bought certificates.*limit scm\.unused_certificates/s,
  );

  const unpaid = await Promise.all(Array.from({ length: 104 }, () => purchase({})));
  assert.equal(unpaid.filter(({ status }) => status === 200).length, 100);
  assert.match(unpaid.find(({ status }) => status === 400)?.text ?? '', /limit scm\.unpaid_orders/);
});
