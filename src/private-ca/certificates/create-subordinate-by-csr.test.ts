import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  type KeyUsage,
  keyUsageExtension,
  nameFromAttributes,
  subjectAlternativeNameExtension,
} from '../../pki/index.ts';
import {
  assertRefused,
  path as caPath,
  create,
  subordinateBody,
} from '../authorities/authorities.fixture.ts';
import {
  countOf,
  createRoot,
  csrBody,
  csrOf,
  issueByCsr,
  openSqliteBench,
  parsedPem,
  path,
  subordinateByCsr,
} from './certificates.fixture.ts';

const bench = await openSqliteBench();
const account = bench.account();
const root = await createRoot(account);
const csr = await csrOf();
const send = (changes: object, issuer = root) =>
  account.send('POST', `${path}/csr`, { ...csrBody(issuer, csr), ...changes });
const withUsages = (...usages: KeyUsage[]) => csrOf({ extensions: [keyUsageExtension(usages)] });
const subordinate = (changes: object = {}) => subordinateByCsr(account, root, csr, changes);

describe('createCertificateByCsr: INTERMEDIATE_CA', () => {
  test('default key usage digitalSignature, keyCertSign, cRLSign; that of the CSR takes precedence', async () => {
    const { exported } = await subordinate();
    assert.deepEqual(parsedPem(exported.certificate).known.keyUsage, [
      'digitalSignature',
      'keyCertSign',
      'cRLSign',
    ]);
    const own = await subordinate({ csr: await withUsages('keyCertSign') });
    assert.deepEqual(parsedPem(own.exported.certificate).known.keyUsage, ['keyCertSign']);
    const answer = await send({ type: 'INTERMEDIATE_CA', csr: await withUsages('digitalSignature') });
    assertRefused(answer, 400, 'PCA.00020401', /keyCertSign/);
  });

  test('signature hash algorithm SHA384', async () => {
    const { exported, shown } = await subordinate();
    assert.equal(shown.signature_algorithm, 'SHA384');
    assert.equal(parsedPem(exported.certificate).signatureAlgorithm?.name, 'SHA384withECDSA');
  });

  test('path length 0 by default, 0 to 6 by path_length', async () => {
    assert.equal((await subordinate()).shown.path_length, 0);
    const { exported, shown } = await subordinate({ path_length: 6 });
    assert.equal(shown.path_length, 6);
    assert.deepEqual(parsedPem(exported.certificate).known.basicConstraints, { ca: true, pathLength: 6 });
    for (const path_length of [-1, 7, '1', 1.5]) {
      assertRefused(await send({ type: 'INTERMEDIATE_CA', path_length }), 400, 'PCA.00020203', /path_length/);
    }
    const lowest = await create(account, subordinateBody(root));
    assertRefused(await send({ type: 'INTERMEDIATE_CA' }, lowest), 400, 'PCA.00020203', /path_length/);
  });

  test('does not use the CA quota and is not in the CA list', async () => {
    const fresh = bench.account();
    const issuer = await createRoot(fresh);
    await issueByCsr(fresh, issuer, csr, { type: 'INTERMEDIATE_CA' });
    const list = await fresh.send<{ total: number }>('GET', caPath);
    const quotas = await fresh.send<{ quotas: { resources: { used: number }[] } }>('GET', `${caPath}/quotas`);
    assert.deepEqual([list.body.total, quotas.body.quotas.resources[0]?.used], [1, 1]);
    assert.equal(await countOf(fresh), 0);
  });

  test('the returned id is a ca_id, for the details and the export of a CA', async () => {
    const { id, shown, exported } = await subordinate();
    assert.deepEqual(
      [shown.ca_id, shown.type, shown.status, shown.gen_mode],
      [id, 'SUBORDINATE', 'ACTIVED', 'CSR'],
    );
    assert.deepEqual([shown.issuer_id, shown.issuer_name], [root, 'Test CA']);
    const [certificate, issuer] = [exported.certificate, exported.certificate_chain!].map(
      (pem) => new X509Certificate(pem),
    );
    assert.ok(certificate!.ca && certificate!.verify(issuer!.publicKey));
    assertRefused(await account.send('GET', `${path}/${id}`), 404, 'PCA.00030102');
  });

  test('cannot be used to issue certificates here; its key is kept by the user', async () => {
    const { id } = await subordinate({ path_length: 1 });
    assertRefused(await send({}, id), 400, 'PCA.00020001', /key is kept by its owner/);
    assertRefused(await send({ type: 'INTERMEDIATE_CA' }, id), 400, 'PCA.00020001', /issuer_id/);
  });

  test("must have a subject that differs from the issuer's", async () => {
    const extensions = [subjectAlternativeNameExtension([{ type: 'DNS', value: 'a.example' }])];
    const nameless = await csrOf({ subject: [], extensions });
    assertRefused(await send({ type: 'INTERMEDIATE_CA', csr: nameless }), 400, 'PCA.00020401', /subject/);
    const same = nameFromAttributes({
      commonName: 'test CA',
      country: 'cn',
      state: 'Sichuan',
      locality: 'Chengdu',
      organization: 'Example',
      organizationalUnit: 'PKI',
    });
    const selfIssued = await csrOf({ subject: same });
    assertRefused(await send({ type: 'INTERMEDIATE_CA', csr: selfIssued }), 400, 'PCA.00020401', /differ/);
  });
});
