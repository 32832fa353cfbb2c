// Needs: SoftHSM 2.6 (library and softhsm2-util), OpenSSL 3.0 or later.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pkcs11js from 'pkcs11js';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { createCa, issueWithKey, pendingCaBody, rootCaBody } from '../support/private-ca-requests.ts';
import { selfSignedCredentials } from '../support/self-signed.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { run } from './support/programs.ts';
import { createSoftHsm, type SoftHsm } from './support/softhsm.ts';

const cas = '/v1/private-certificate-authorities';
let hsm: SoftHsm;
let server: RunningServer;
let api: ApiClient;
let cluster: object;

before(async () => {
  hsm = await createSoftHsm();
  server = await startServer({
    env: {
      SOFTHSM2_CONF: join(hsm.folder, 'softhsm2.conf'),
      OPENCCM_PKCS11_MODULE: hsm.settings.modulePath,
      OPENCCM_PKCS11_TOKEN_LABEL: 'openccm test',
      OPENCCM_PKCS11_PIN: '1234',
      OPENCCM_PKCS11_CLUSTER_ID: 'cluster-1',
      OPENCCM_DEV_CLOCK: '1',
    },
  });
  api = await signIn(server);
  const { certificatePem } = await selfSignedCredentials('HSM');
  cluster = {
    hsm_project: 'cn-north-4',
    hsm_cluster_id: 'cluster-1',
    hsm_ca_cert: Buffer.from(certificatePem).toString('base64'),
  };
});

after(async () => {
  api?.close();
  await server?.stop();
  await hsm?.remove();
});

interface TokenKey {
  readonly label: string;
  readonly isSensitive: boolean;
  readonly isExtractable: boolean;
  readonly wasNeverExtractable: boolean;
  readonly wasMadeHere: boolean;
  /** Whether the token gives the private number away. */
  readonly isReadable: boolean;
}

/** The private keys of the token, as the binding of another program sees them. */
function privateKeys(): TokenKey[] {
  const library = new pkcs11js.PKCS11();
  library.load(hsm.settings.modulePath);
  library.C_Initialize();
  try {
    const slot = library
      .C_GetSlotList(true)
      .find((each) => library.C_GetTokenInfo(each).label.trim() === 'openccm test')!;
    const session = library.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION);
    library.C_Login(session, pkcs11js.CKU_USER, '1234');
    library.C_FindObjectsInit(session, [{ type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_PRIVATE_KEY }]);
    const objects = library.C_FindObjects(session, 100);
    library.C_FindObjectsFinal(session);
    return objects.map((object) => {
      const [label, ...flags] = library.C_GetAttributeValue(session, object, [
        { type: pkcs11js.CKA_LABEL },
        { type: pkcs11js.CKA_SENSITIVE },
        { type: pkcs11js.CKA_EXTRACTABLE },
        { type: pkcs11js.CKA_NEVER_EXTRACTABLE },
        { type: pkcs11js.CKA_LOCAL },
      ]);
      const [isSensitive, isExtractable, wasNeverExtractable, wasMadeHere] = flags.map(
        ({ value }) => Buffer.from(value as Buffer)[0] === 1,
      ) as [boolean, boolean, boolean, boolean];
      const isReadable = canRead(() =>
        library.C_GetAttributeValue(session, object, [{ type: pkcs11js.CKA_VALUE }]),
      );
      return {
        label: String(label!.value),
        isSensitive,
        isExtractable,
        wasNeverExtractable,
        wasMadeHere,
        isReadable,
      };
    });
  } finally {
    library.C_Finalize();
    library.close();
  }
}

function canRead(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

async function certificateFile(name: string, path: string, body?: object): Promise<string> {
  const { certificate } = await api.call<{ certificate: string }>('POST', path, body);
  const file = join(hsm.folder, name);
  await writeFile(file, certificate);
  return file;
}

for (const algorithm of ['EC256', 'EC384', 'RSA2048'] as const)
  test(`${algorithm}: the CA's key is in the token and cannot leave it, and OpenSSL verifies what it signs`, async () => {
    const earlier = privateKeys().map(({ label }) => label);
    const key = { key_algorithm: algorithm, hsm_cluster_info: cluster };
    const rootId = await createCa(api, { ...rootCaBody(`HSM root ${algorithm}`), ...key });
    const subId = await createCa(api, {
      ...pendingCaBody(`HSM sub ${algorithm}`),
      ...key,
      issuer_id: rootId,
      signature_algorithm: 'SHA384',
      validity: { type: 'YEAR', value: 1 },
    });
    const made = privateKeys().filter(({ label }) => !earlier.includes(label));
    assert.equal(made.length, 2);
    for (const { label, ...facts } of made) {
      assert.match(label, /^openccm pca [0-9a-f-]{36}$/);
      assert.deepEqual(facts, {
        isSensitive: true,
        isExtractable: false,
        wasNeverExtractable: true,
        wasMadeHere: true,
        isReadable: false,
      });
    }
    const leafId = await issueWithKey(api, subId, `leaf.${algorithm.toLowerCase()}.example.test`);
    const root = await certificateFile('root.pem', `${cas}/${rootId}/export`);
    const sub = await certificateFile('sub.pem', `${cas}/${subId}/export`);
    const leaf = await certificateFile('leaf.pem', `/v1/private-certificates/${leafId}/export`, {
      type: 'OTHER',
      is_compressed: 'false',
    });
    const chain = ['-CAfile', root, '-untrusted', sub, leaf];
    assert.match(await run('openssl', ['verify', '-x509_strict', ...chain]), /leaf\.pem: OK/);
  });

test('the key is destroyed in the token when the deletion of its CA is carried out', async () => {
  const earlier = privateKeys().length;
  const caId = await createCa(api, { ...rootCaBody('Short-lived'), hsm_cluster_info: cluster });
  assert.equal(privateKeys().length, earlier + 1);
  await api.call('POST', `${cas}/${caId}/disable`);
  await api.call('DELETE', `${cas}/${caId}?pending_days=7`);
  const advanced = await fetch(`${server.httpUrl}/dev/clock`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ advance_seconds: 8 * 86_400 }),
  });
  assert.equal(advanced.status, 200);
  assert.equal(privateKeys().length, earlier);
});
