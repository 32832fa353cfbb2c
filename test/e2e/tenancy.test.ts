import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ApiClient, clientWith, signIn } from '../support/api-client.ts';
import {
  caName,
  certificateBody,
  createCa,
  csrBody,
  issueWithKey,
  orderBody,
  pendingCaBody,
  rootCaBody,
} from '../support/private-ca-requests.ts';
import { sampleCsr } from '../support/sample-csr.ts';
import { openAccount } from '../support/second-account.ts';
import { type RunningServer, startServer } from '../support/server.ts';

const cas = '/v1/private-certificate-authorities';
const certificates = '/v1/private-certificates';
const orders = '/v2/orders';
const resources = `${orders}/subscriptions/resources`;
const nobodysId = '00000000-0000-4000-8000-000000000000';

/** What one account owns. */
interface Property {
  readonly caId: string;
  readonly pendingCaId: string;
  readonly certificateId: string;
  readonly serialNumber: string;
  readonly orderId: string;
  /** Bought with the order. */
  readonly boughtCaId: string;
}

/**
 * How an operation is tried. 'named': the path names the resource; 'issuer': the body does; 'own': it names nothing, so
 * its answer must hold nothing of the other account.
 */
interface Row {
  readonly kind: 'named' | 'issuer' | 'own';
  /** How what is not found is refused, if not as usual. */
  readonly refusal?: { readonly status: number; readonly code: string };
  /** The owner's resources to name; for 'issuer' the first argument is the issuer's owner. */
  readonly body?: (named: Property, own: Property) => unknown;
}

const named: Row = { kind: 'named' };
const own: Row = { kind: 'own' };
const notBilled = (code: string): Row => ({ kind: 'named', refusal: { status: 400, code } });
const year = { type: 'YEAR', value: 1 };

/** Every operation on private CAs and certificates; one that is added needs a row. */
const rows: Record<string, Row> = {
  [`GET ${cas}`]: own,
  [`POST ${cas}`]: {
    kind: 'issuer',
    body: ({ caId }) => ({
      ...pendingCaBody('Intruder'),
      issuer_id: caId,
      signature_algorithm: 'SHA256',
      validity: year,
    }),
  },
  [`GET ${cas}/quotas`]: own,
  [`GET ${cas}/{ca_id}`]: named,
  [`POST ${cas}/{ca_id}/activate`]: {
    kind: 'named',
    body: (_, { caId }) => ({ issuer_id: caId, signature_algorithm: 'SHA256', validity: year }),
  },
  [`GET ${cas}/{ca_id}/csr`]: named,
  [`POST ${cas}/{ca_id}/export`]: named,
  [`POST ${cas}/{ca_id}/import`]: { kind: 'named', body: () => ({ certificate: 'no certificate' }) },
  [`POST ${cas}/{ca_id}/revoke`]: { kind: 'named', body: () => ({ reason: 'SUPERSEDED' }) },
  [`POST ${cas}/{ca_id}/disable`]: named,
  [`POST ${cas}/{ca_id}/enable`]: named,
  [`POST ${cas}/{ca_id}/restore`]: named,
  [`GET ${certificates}`]: own,
  [`POST ${certificates}`]: {
    kind: 'issuer',
    body: ({ caId }) => certificateBody(caId, 'intruder.example.test'),
  },
  [`POST ${certificates}/csr`]: { kind: 'issuer', body: ({ caId }) => csrBody(caId) },
  [`POST ${certificates}/csr/parse`]: { kind: 'own', body: () => ({ csr: sampleCsr }) },
  [`GET ${certificates}/quotas`]: own,
  [`GET ${certificates}/{certificate_id}`]: named,
  [`POST ${certificates}/{certificate_id}/export`]: {
    kind: 'named',
    body: () => ({ is_compressed: false, type: 'OTHER' }),
  },
  [`POST ${certificates}/{certificate_id}/revoke`]: { kind: 'named', body: () => ({ reason: 'SUPERSEDED' }) },
  ...tagRows(cas, 'ca_id'),
  ...tagRows(certificates, 'certificate_id'),
  'GET /v1/pca/config/console': own,
  [`POST ${cas}/order`]: { kind: 'own', body: () => orderBody },
  [`GET ${cas}/obs/agencies`]: own,
  [`POST ${cas}/obs/agencies`]: own,
  [`GET ${cas}/agency`]: own,
  [`POST ${cas}/agencies`]: own,
  [`GET ${cas}/obs/buckets`]: own,
  [`POST ${cas}/{ca_id}/crl/enable`]: {
    kind: 'named',
    body: () => ({ obs_bucket_name: 'tenancy', valid_days: 7 }),
  },
  [`POST ${cas}/{ca_id}/crl/disable`]: named,
  [`POST ${cas}/{ca_id}/ocsp/switch`]: { kind: 'named', body: () => ({ ocsp_switch: true }) },
  [`POST ${certificates}/{certificate_id}/unhold`]: named,
  [`GET ${cas}/{ca_id}/issuance-policy`]: named,
  [`PUT ${cas}/{ca_id}/issuance-policy`]: { kind: 'named', body: () => ({ key_algorithms: ['EC256'] }) },
  [`DELETE ${cas}/{ca_id}/issuance-policy`]: named,
  [`GET ${cas}/{ca_id}/shares`]: named,
  [`PUT ${cas}/{ca_id}/shares`]: { kind: 'named', body: () => ({ account_ids: ['a'.repeat(32)] }) },
  [`DELETE ${cas}/{ca_id}/shares`]: named,
  [`GET ${cas}/{ca_id}/issued-certificates`]: named,
  [`POST ${cas}/{ca_id}/issued-certificates/{serial_number}/revoke`]: {
    kind: 'named',
    body: () => ({ reason: 'SUPERSEDED' }),
  },
  [`GET ${orders}/customer-orders/details/{order_id}`]: notBilled('CBC.30000010'),
  ...Object.fromEntries(
    ['v2', 'v3'].map((version) => [
      `POST /${version}/orders/customer-orders/pay`,
      { ...notBilled('CBC.30000010'), body: ({ orderId }: Property) => ({ order_id: orderId }) },
    ]),
  ),
  [`POST ${orders}/suscriptions/resources/query`]: { kind: 'own', body: () => ({}) },
  [`POST ${resources}/renew`]: {
    ...notBilled('CBC.99003012'),
    body: ({ boughtCaId }) => ({ resource_ids: [boughtCaId], period_type: 2, period_num: 1 }),
  },
  [`POST ${resources}/autorenew/{resource_id}`]: notBilled('CBC.99003012'),
  [`DELETE ${resources}/autorenew/{resource_id}`]: notBilled('CBC.99003012'),
  // The last three remove what the rows above name.
  [`POST ${resources}/unsubscribe`]: {
    ...notBilled('CBC.30000067'),
    body: ({ boughtCaId }) => ({ resource_ids: [boughtCaId], unsubscribe_type: 1 }),
  },
  [`DELETE ${cas}/{ca_id}`]: named,
  [`DELETE ${certificates}/{certificate_id}`]: named,
};

function tagRows(collection: string, id: string): Record<string, Row> {
  const tag = { key: 'tried', value: 'once' };
  const one: Row = { kind: 'named', body: () => ({ tag }) };
  const several: Row = { kind: 'named', body: () => ({ tags: [tag] }) };
  const search: Row = { kind: 'own', body: () => ({ tags: [{ key: 'account', values: [] }] }) };
  return {
    [`GET ${collection}/{${id}}/tags`]: named,
    [`POST ${collection}/{${id}}/tags`]: one,
    [`POST ${collection}/{${id}}/tags/create`]: several,
    [`DELETE ${collection}/{${id}}/tags/delete`]: several,
    [`GET ${collection}/tags`]: own,
    [`POST ${collection}/resource-instances/filter`]: search,
    [`POST ${collection}/resource-instances/count`]: search,
  };
}

/** What nobody has. */
const nobodys: Property = {
  caId: nobodysId,
  pendingCaId: nobodysId,
  certificateId: nobodysId,
  serialNumber: '2'.repeat(34),
  orderId: nobodysId,
  boughtCaId: nobodysId,
};

let server: RunningServer;
let owner: ApiClient;
let intruder: ApiClient;
let property: Property;
let intrudersProperty: Property;

before(async () => {
  server = await startServer();
  owner = await signIn(server);
  intruder = await signIn(server, await openAccount(server, 'intruder'));
  property = await acquire(owner, 'Secret of the owner');
  intrudersProperty = await acquire(intruder, 'Intruders own');
});

after(async () => {
  owner?.close();
  intruder?.close();
  await server?.stop();
});

async function acquire(api: ApiClient, name: string): Promise<Property> {
  const caId = await createCa(api, rootCaBody(name));
  const pendingCaId = await createCa(api, pendingCaBody(`${name} pending`));
  const certificateId = await issueWithKey(api, caId, `${name} leaf`);
  const tags = [{ key: 'account', value: name }];
  await api.call('POST', `${cas}/${caId}/tags/create`, { tags });
  await api.call('POST', `${certificates}/${certificateId}/tags/create`, { tags });
  const bought = await api.call<{ order_id: string; ca_ids: string[] }>('POST', `${cas}/order`, orderBody);
  const member = `${certificates}/${certificateId}`;
  const { serial_number: serialNumber } = await api.call<{ serial_number: string }>('GET', member);
  return {
    caId,
    pendingCaId,
    certificateId,
    serialNumber,
    orderId: bought.order_id,
    boughtCaId: bought.ca_ids[0] ?? '',
  };
}

/** All that the account sees of its own. */
async function everythingOf(api: ApiClient): Promise<unknown> {
  const paths = [cas, certificates, `${cas}/quotas`, `${certificates}/quotas`];
  return Promise.all(paths.map((path) => api.call('GET', path)));
}

const split = (operation: string) => operation.split(' ') as [string, string];

/** The path with the ids of `whose`; what only a CA that waits can do names that one. */
const fill = (path: string, whose: Property) => {
  const caId = /\/(csr|activate|import)$/.test(path) ? whose.pendingCaId : whose.caId;
  return path
    .replace('{ca_id}', caId)
    .replace('{certificate_id}', whose.certificateId)
    .replace('{serial_number}', whose.serialNumber)
    .replace('{order_id}', whose.orderId)
    .replace('{resource_id}', whose.boughtCaId);
};

test('every operation of the API has a row', async () => {
  const { paths } = await owner.call<{ paths: Record<string, Record<string, unknown>> }>(
    'GET',
    '/openapi.json',
  );
  const served = Object.entries(paths)
    .filter(([path]) => /^\/(v1\/(private-certificate|pca\/)|v[23]\/orders\/)/.test(path))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  assert.deepEqual(served.sort(), Object.keys(rows).sort());
});

test('who does not sign in, or shows no true token, gets nothing', async () => {
  const strangers = await Promise.all([undefined, 'x'.repeat(40)].map((token) => clientWith(server, token)));
  for (const operation of Object.keys(rows)) {
    const [method, path] = split(operation);
    for (const stranger of strangers) {
      const answer = await stranger.send(method, fill(path, property), '{}');
      assert.equal(answer.status, 401, `${operation}: ${answer.text}`);
    }
  }
  for (const stranger of strangers) stranger.close();
});

test('counts are of the own account', async () => {
  const counts = async (api: ApiClient) => [
    (await api.call<{ total: number }>('GET', cas)).total,
    (await api.call<{ total: number }>('GET', certificates)).total,
  ];
  assert.deepEqual(await counts(intruder), [3, 1]);
});

for (const [operation, row] of Object.entries(rows)) {
  const [method, path] = split(operation);
  const attempt = (api: ApiClient, whose: Property, mine: Property) =>
    api.send(method, fill(path, whose), row.body?.(whose, mine));

  if (row.kind !== 'own')
    test(`${operation}: another account's resource is not found, as if nobody had it`, async () => {
      const before = await everythingOf(owner);
      const answer = await attempt(intruder, property, intrudersProperty);
      const code = row.kind === 'issuer' ? 'PCA.00030103' : 'PCA.00030102';
      const refusal = row.refusal ?? { status: 404, code };
      const { error_code } = answer.json as { error_code: string };
      assert.deepEqual({ status: answer.status, code: error_code }, refusal, answer.text);
      const missing = await attempt(intruder, nobodys, intrudersProperty);
      const withoutIds = (text: string) => text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'id');
      assert.deepEqual(
        [missing.status, withoutIds(missing.text)],
        [answer.status, withoutIds(answer.text)],
        'the refusal does not tell that it exists',
      );
      assert.deepEqual(await everythingOf(owner), before, 'and nothing changed');
    });
  else
    test(`${operation}: the answer holds nothing of another account`, async () => {
      const answer = await attempt(intruder, intrudersProperty, intrudersProperty);
      assert.equal(answer.status, 200, answer.text);
      for (const secret of [...Object.values(property), 'Secret of the owner'])
        assert.ok(!answer.text.includes(secret), answer.text);
    });
}

// The control: the same requests reach their resource when its owner sends them, so the refusals above were for the account.
test('the owner is not refused like that', async () => {
  for (const [operation, row] of Object.entries(rows)) {
    const [method, path] = split(operation);
    const answer = await owner.send(method, fill(path, property), row.body?.(property, property));
    assert.ok(![401, 404].includes(answer.status), `${operation}: ${answer.status} ${answer.text}`);
  }
});

test('a name of another account may be used again', async () => {
  const { certificates: found } = await intruder.call<{ certificates: unknown[] }>('GET', certificates);
  await createCa(intruder, { ...rootCaBody('x'), distinguished_name: caName('Secret of the owner') });
  assert.equal(found.length, 1);
});
