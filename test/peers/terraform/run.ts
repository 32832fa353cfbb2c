// The vendor's Terraform provider, unmodified, against the real program over HTTPS. Neither it nor Terraform is among the peers that
// are installed, so this is no *.test.ts and CI does not run it: README.md says how to.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiClient, signIn } from '../../support/api-client.ts';
import { kmsClient } from '../../support/kms-client.ts';
import { certificateBody, createCa, rootCaBody } from '../../support/private-ca-requests.ts';
import { openAccount } from '../../support/second-account.ts';
import type { RunningServer } from '../../support/server.ts';
import { waysToAuthenticate } from './authentication.ts';
import { importsOf } from './import-ids.ts';
import { type Installation, startInstallation } from './installation.ts';
import {
  openWorkspace,
  type StateResource,
  type Tools,
  type Variables,
  type Workspace,
} from './workspace.ts';

const hostName = 'www.example.com';
const issuesWithinMs = 30_000;

function programsOf(environment: NodeJS.ProcessEnv): Omit<Tools, 'caFile'> {
  const terraform = environment.OPENCCM_TEST_TERRAFORM;
  const providerFolder = environment.OPENCCM_TEST_TERRAFORM_PROVIDER_DIR;
  if (terraform === undefined || providerFolder === undefined)
    throw new Error('OPENCCM_TEST_TERRAFORM and OPENCCM_TEST_TERRAFORM_PROVIDER_DIR have to be set');
  return { terraform, providerFolder };
}

const programs = programsOf(process.env);
let server: RunningServer;
let installation: Installation;

before(async () => {
  installation = await startInstallation();
  server = installation.server;
});

after(() => installation?.stop());

async function open(scenario: string, variables: Variables = {}): Promise<Workspace> {
  const { httpsUrl: url, caFile, dataDir } = server;
  const fixed = { url, ca_file: caFile, bootstrap_file: `${dataDir}/bootstrap.json`, ...variables };
  return openWorkspace({ ...programs, caFile }, scenario, fixed);
}

type Step = (name: string, work: () => Promise<unknown>) => Promise<void>;

const nothingToChange = async (workspace: Workspace): Promise<void> =>
  assert.deepEqual(await workspace.plan(), []);

/** Forgets what can be imported and imports it again: then, too, the configuration says what is there. */
async function importAll(workspace: Workspace): Promise<void> {
  const imports = importsOf(await workspace.resources());
  await workspace.forget(imports);
  assert.deepEqual(await workspace.plan(), []);
  await workspace.apply();
  await workspace.keep();
  await nothingToChange(workspace);
}

/** Applies, changes and imports a scenario; what follows the first apply is in `between`. */
async function live(step: Step, workspace: Workspace, between?: () => Promise<Variables>): Promise<void> {
  await step('apply', () => workspace.apply());
  await step('nothing is left to change', () => nothingToChange(workspace));
  await step('import', () => importAll(workspace));
  await step('apply changes', async () => {
    workspace.set({ step: 2, ...(await between?.()) });
    await workspace.apply();
  });
  await step('nothing is left to change after changes', () => nothingToChange(workspace));
}

/** A step that fails lets the others run: what was made has to go. */
const stepsOf =
  (t: TestContext): Step =>
  (name, work) =>
    t.test(name, async () => {
      await work();
    });

test('private CAs and certificates', async (t) => {
  const step = stepsOf(t);
  const workspace = await open('private-ca', { bucket: installation.bucket });
  t.after(() => workspace.remove());
  await live(step, workspace);
  await step('make again what somebody else deleted', async () => {
    const address = 'huaweicloud_ccm_private_certificate.full';
    const certificateId = idOf(await workspace.resources(), address);
    const api = await signIn(server);
    await api.call('DELETE', `/v1/private-certificates/${certificateId}`);
    api.close();
    const changes = await workspace.plan();
    assert.deepEqual(
      changes.map((change) => [change.address, change.actions]),
      [[address, ['create']]],
    );
    await workspace.apply();
    await nothingToChange(workspace);
  });
  const caId = idOf(await workspace.resources(), 'huaweicloud_ccm_private_ca.root');
  await step('destroy', () => workspace.destroy());

  const restoring = await open('private-ca-restore', { ca_id: caId });
  t.after(() => restoring.remove());
  await step('restore what was destroyed', async () => {
    await restoring.apply();
    assert.equal(await restoring.output('is_back'), true);
    await nothingToChange(restoring);
    await restoring.destroy();
  });
});

test('keys', async (t) => {
  const step = stepsOf(t);
  const api = await signIn(server);
  t.after(() => api.close());
  const kms = kmsClient(api, server.bootstrap.project_id);
  const alias = 'alias/terraform-moved';
  const keyId = await kms.createKey({ key_alias: 'terraform-outside' });
  await kms.call('aliases', { key_id: keyId, alias });

  const workspace = await open('kms', { alias });
  t.after(() => workspace.remove());
  await live(step, workspace, async () => {
    const external = idOf(await workspace.resources(), 'huaweicloud_kms_key.external');
    return { material: await kms.importBody(external, randomBytes(32)) };
  });
  const values = valuesOf(await workspace.resources());
  await step('what was encrypted, signed and authenticated is what was given', async () => {
    assert.equal(values.get('huaweicloud_kms_data_encrypt_decrypt.decrypt')?.plain_data, 'hello');
    assert.equal(values.get('huaweicloud_kms_verify_sign.main')?.signature_valid, 'true');
    assert.equal(values.get('huaweicloud_kms_verify_mac.main')?.mac_valid, true);
  });
  await step('destroy', () => workspace.destroy());

  const { user_id: userId } = JSON.parse(await readFile(`${server.dataDir}/bootstrap.json`, 'utf8'));
  const operations = ['describe-key', 'retire-grant'];
  const body = { key_id: keyId, grantee_principal: userId, retiring_principal: userId, operations };
  const grant = { key_id: keyId, ...(await kms.call('create-grant', body)) };
  const doomed = String(values.get('huaweicloud_kms_key.main')?.id);
  const actions = await open('kms-actions', { doomed_key_id: doomed, grant });
  t.after(() => actions.remove());
  await step('take back a deletion, retire a grant', async () => {
    await actions.apply();
    assert.equal(await actions.output('key_state'), '3');
    assert.equal(await actions.output('grants_left'), 0);
    await nothingToChange(actions);
    await actions.destroy();
  });
});

test('keystores in an HSM', async (t) => {
  const step = stepsOf(t);
  const workspace = await open('kms-keystore', { cluster_id: installation.clusterId });
  t.after(() => workspace.remove());
  await live(step, workspace);
  await step('destroy', () => workspace.destroy());
});

test('ways to authenticate', async (t) => {
  const step = stepsOf(t);
  const api = await signIn(server);
  t.after(() => api.close());
  for (const [name, variables] of await waysToAuthenticate(server, api))
    await step(name, async () => {
      const workspace = await open('authentication', variables);
      t.after(() => workspace.remove());
      await workspace.apply();
      await nothingToChange(workspace);
      assert.equal(await workspace.output('found'), 1);
      await workspace.destroy();
    });
});

test('users, groups, roles, agencies and identity providers', async (t) => {
  const step = stepsOf(t);
  const { accountName } = await openAccount(server, 'terraform-trusted');
  const workspace = await open('iam', { trusted_account: accountName });
  t.after(() => workspace.remove());
  await live(step, workspace);
  await step('destroy', () => workspace.destroy());
});

interface ShownCertificate {
  readonly status: string;
  readonly authentification: readonly {
    readonly record_name: string;
    readonly record_type: string;
    readonly record_value: string;
  }[];
}

/** Publishes what an application asks for, and waits for the certificate. */
async function proveNames(api: ApiClient, certificateId: string): Promise<void> {
  const show = () => api.call<ShownCertificate>('GET', `/v3/scm/certificates/${certificateId}`);
  for (const { record_name: name, record_type, record_value: data } of (await show()).authentification) {
    assert.equal(record_type, 'TXT');
    installation.publishText(name, data);
  }
  for (const deadline = performance.now() + issuesWithinMs; ; await delay(200)) {
    const { status } = await show();
    if (status === 'ISSUED') return;
    assert.ok(performance.now() < deadline, `the certificate is ${status}`);
  }
}

/** Of a private CA, in PEM. */
async function foreignCertificate(api: ApiClient) {
  const issuerId = await createCa(api, rootCaBody('Foreign Root'));
  const url = '/v1/private-certificates';
  const body = certificateBody(issuerId, 'foreign.example.com');
  const { certificate_id } = await api.call<{ certificate_id: string }>('POST', url, body);
  const exported = await api.call<{ certificate: string; certificate_chain: string; private_key: string }>(
    'POST',
    `${url}/${certificate_id}/export`,
    { is_compressed: 'false', type: 'OTHER' },
  );
  return { certificate: exported.certificate, chain: exported.certificate_chain, key: exported.private_key };
}

test('SSL certificates', async (t) => {
  const step = stepsOf(t);
  const api = await signIn(server);
  t.after(() => api.close());
  const workspace = await open('ssl', { host_name: hostName, imported: await foreignCertificate(api) });
  t.after(() => workspace.remove());
  await live(step, workspace, async () => {
    await proveNames(api, idOf(await workspace.resources(), 'huaweicloud_ccm_certificate.single'));
    return { issued: true };
  });
  await step('destroy', async () => {
    // What is issued cannot be given back.
    await workspace.forget(new Map([['huaweicloud_ccm_certificate.single', '']]));
    await workspace.keep();
    await workspace.destroy();
  });
});

function idOf(resources: readonly StateResource[], address: string): string {
  const id = valuesOf(resources).get(address)?.id;
  assert.equal(typeof id, 'string', `${address} is not in the state`);
  return String(id);
}

const valuesOf = (resources: readonly StateResource[]) =>
  new Map(resources.map(({ address, values }) => [address, values]));
