import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ApiClient, signIn } from '../support/api-client.ts';
import {
  certificateBody,
  createCa,
  csrBody,
  issueWithKey,
  pendingCaBody,
  rootCaBody,
} from '../support/private-ca-requests.ts';
import { openAccount } from '../support/second-account.ts';
import { type RunningServer, startServer } from '../support/server.ts';

const cas = '/v1/private-certificate-authorities';
const certificates = '/v1/private-certificates';

interface Shared {
  readonly caId: string;
  /** What only a CA that waits can do is tried on this one. */
  readonly pendingCaId: string;
  /** The consumer's own, to be certified by the shared one. */
  readonly consumersCaId: string;
  /** Of a certificate of the owner's. */
  readonly serialNumber: string;
}

interface Row {
  /** What a consumer is told. */
  readonly answer: 200 | 'PCA.00030102' | 'PCA.00030103';
  readonly body?: (shared: Shared) => unknown;
}

const may: Row = { answer: 200 };
const notFound = (body?: unknown): Row => ({ answer: 'PCA.00030102', body: () => body });
const notAnIssuer = (body: (shared: Shared) => unknown): Row => ({ answer: 'PCA.00030103', body });
const year = { type: 'YEAR', value: 1 };
const certification = { signature_algorithm: 'SHA256', validity: year };
const tag = { key: 'a', value: 'b' };

/** What an account may do with a CA that another one shares with it; every operation that names a CA has a row. */
const rows: Record<string, Row> = {
  [`GET ${cas}/{ca_id}`]: may,
  [`POST ${cas}/{ca_id}/export`]: may,
  [`POST ${certificates}`]: { ...may, body: ({ caId }) => certificateBody(caId, 'leaf.example.test') },
  [`POST ${certificates}/csr`]: { ...may, body: ({ caId }) => csrBody(caId) },
  [`POST ${cas}`]: notAnIssuer(({ caId }) => ({
    ...pendingCaBody('Below'),
    ...certification,
    issuer_id: caId,
  })),
  [`POST ${cas}/{ca_id}/activate`]: notFound({ ...certification, issuer_id: '' }),
  [`GET ${cas}/{ca_id}/csr`]: notFound(),
  [`POST ${cas}/{ca_id}/import`]: notFound({ certificate: 'no certificate' }),
  [`POST ${cas}/{ca_id}/revoke`]: notFound({ reason: 'SUPERSEDED' }),
  [`POST ${cas}/{ca_id}/disable`]: notFound(),
  [`POST ${cas}/{ca_id}/enable`]: notFound(),
  [`POST ${cas}/{ca_id}/restore`]: notFound(),
  [`DELETE ${cas}/{ca_id}`]: notFound(),
  [`POST ${cas}/{ca_id}/crl/enable`]: notFound({ obs_bucket_name: 'sharing', valid_days: 7 }),
  [`POST ${cas}/{ca_id}/crl/disable`]: notFound(),
  [`POST ${cas}/{ca_id}/ocsp/switch`]: notFound({ ocsp_switch: true }),
  [`GET ${cas}/{ca_id}/tags`]: notFound(),
  [`POST ${cas}/{ca_id}/tags`]: notFound({ tag }),
  [`POST ${cas}/{ca_id}/tags/create`]: notFound({ tags: [tag] }),
  [`DELETE ${cas}/{ca_id}/tags/delete`]: notFound({ tags: [tag] }),
  [`GET ${cas}/{ca_id}/issuance-policy`]: notFound(),
  [`PUT ${cas}/{ca_id}/issuance-policy`]: notFound({ key_algorithms: ['EC256'] }),
  [`DELETE ${cas}/{ca_id}/issuance-policy`]: notFound(),
  [`GET ${cas}/{ca_id}/shares`]: notFound(),
  [`PUT ${cas}/{ca_id}/shares`]: notFound({ account_ids: ['a'.repeat(32)] }),
  [`DELETE ${cas}/{ca_id}/shares`]: notFound(),
  [`GET ${cas}/{ca_id}/issued-certificates`]: notFound(),
  [`POST ${cas}/{ca_id}/issued-certificates/{serial_number}/revoke`]: notFound({ reason: 'SUPERSEDED' }),
};

let server: RunningServer;
let owner: ApiClient;
let consumer: ApiClient;
let stranger: ApiClient;
let shared: Shared;

before(async () => {
  server = await startServer();
  owner = await signIn(server);
  const account = await openAccount(server, 'consumer');
  consumer = await signIn(server, account);
  stranger = await signIn(server, await openAccount(server, 'stranger'));
  const caId = await createCa(owner, rootCaBody('Shared'));
  const pendingCaId = await createCa(owner, pendingCaBody('Shared and waiting'));
  const consumersCaId = await createCa(consumer, pendingCaBody('Of the consumer'));
  const issuedId = await issueWithKey(owner, caId, 'owners.example.test');
  const issued = await owner.call<{ serial_number: string }>('GET', `${certificates}/${issuedId}`);
  shared = { caId, pendingCaId, consumersCaId, serialNumber: issued.serial_number };
  const listed = await consumer.call<{ certificate_authorities: { domain_id: string }[] }>('GET', cas);
  const account_ids = [listed.certificate_authorities[0]?.domain_id];
  for (const each of [caId, pendingCaId]) await owner.call('PUT', `${cas}/${each}/shares`, { account_ids });
});

after(async () => {
  for (const api of [owner, consumer, stranger]) api?.close();
  await server?.stop();
});

function send(api: ApiClient, operation: string, { body }: Row) {
  const [method = '', path = ''] = operation.split(' ');
  const caId = /\/(csr|activate|import)$/.test(path) ? shared.pendingCaId : shared.caId;
  return api.send(
    method,
    path.replace('{ca_id}', caId).replace('{serial_number}', shared.serialNumber),
    body?.(shared),
  );
}

test('every operation that names a CA has a row', async () => {
  type Methods = Record<string, unknown>;
  const { paths } = await owner.call<{ paths: Record<string, Methods> }>('GET', '/openapi.json');
  const served = Object.entries(paths)
    .filter(([path]) => path.startsWith(`${cas}/{ca_id}`))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  const issuing = [`POST ${cas}`, `POST ${certificates}`, `POST ${certificates}/csr`];
  assert.deepEqual([...served, ...issuing].sort(), Object.keys(rows).sort());
});

test('a shared CA is listed with owned_by_self=false, for its consumer alone', async () => {
  const idsFor = async (api: ApiClient, query: string) => {
    const page = await api.call<{ certificate_authorities: { ca_id: string }[] }>('GET', `${cas}${query}`);
    return page.certificate_authorities.map(({ ca_id }) => ca_id);
  };
  const { caId, pendingCaId, consumersCaId } = shared;
  assert.deepEqual(await idsFor(consumer, ''), [consumersCaId]);
  const all = await idsFor(consumer, '?owned_by_self=false');
  assert.deepEqual(all.sort(), [caId, pendingCaId, consumersCaId].sort());
  assert.deepEqual(await idsFor(stranger, '?owned_by_self=false'), []);
});

for (const [operation, row] of Object.entries(rows)) {
  test(`${operation}: a consumer ${row.answer === 200 ? 'may' : 'may not'}`, async () => {
    const before = await owner.call('GET', cas);
    const answer = await send(consumer, operation, row);
    if (row.answer === 200) assert.equal(answer.status, 200, answer.text);
    else {
      const { error_code } = answer.json as { error_code: string };
      assert.deepEqual([answer.status, error_code], [404, row.answer], answer.text);
    }
    assert.deepEqual(await owner.call('GET', cas), before, 'nothing of the owner changed');
  });

  test(`${operation}: with whom it is not shared, the CA does not exist`, async () => {
    const answer = await send(stranger, operation, row);
    assert.equal(answer.status, 404, answer.text);
  });
}

test('a subordinate CA of the consumer is not certified, by activation or by CSR', async () => {
  const { caId, consumersCaId } = shared;
  const body = { ...certification, issuer_id: caId };
  const activated = await consumer.send('POST', `${cas}/${consumersCaId}/activate`, body);
  const byCsr = { ...csrBody(caId), type: 'INTERMEDIATE_CA' };
  const issued = await consumer.send('POST', `${certificates}/csr`, byCsr);
  for (const { status, json } of [activated, issued])
    assert.deepEqual([status, (json as { error_code: string }).error_code], [404, 'PCA.00030103']);
});

// The control: what a consumer was refused as not found is there for its owner.
test('the owner is not refused like that', async () => {
  const order = Object.entries(rows).sort(
    ([a], [b]) => Number(a.startsWith('DELETE')) - Number(b.startsWith('DELETE')),
  );
  for (const [operation, row] of order) {
    const answer = await send(owner, operation, row);
    assert.ok(![401, 404].includes(answer.status), `${operation}: ${answer.status} ${answer.text}`);
  }
});
