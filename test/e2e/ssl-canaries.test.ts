import assert from 'node:assert/strict';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { freePort } from '../support/free-port.ts';
import { startRefusingMailServer } from '../support/mail-server.ts';
import { filesOf, type Secret, secretsIn } from '../support/search-secrets.ts';
import { selfSignedCredentials } from '../support/self-signed.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import {
  advanceClock,
  apply,
  buy,
  project,
  publishRecords,
  reach,
  type SslWorld,
  show,
  startSslWorld,
} from '../support/ssl-world.ts';
import { waitFor } from '../support/wait-for.ts';

const certificates = '/v3/scm/certificates';
/** Files that hold secrets because they are made for it. */
const secretFiles = ['bootstrap.json', 'master.key'];

const secrets: Secret[] = [];
const plant = (name: string, bytes: Buffer | string): void => {
  assert.ok(bytes.length >= 16, `${name} is too short to be searched for`);
  secrets.push({ name, bytes: Buffer.from(bytes) });
};
/** The number that makes an EC key private, and the line of PEM with the most of it: line breaks hide the number. */
const plantKey = (name: string, pem: string): void => {
  const { d } = createPrivateKey(pem).export({ format: 'jwk' });
  plant(name, Buffer.from(d ?? '', 'base64url'));
  plant(`PEM of ${name}`, pem.split('\n')[2] ?? '');
};
/** A secret of the configuration, as its text and as the bytes that it stands for. */
const planted = (name: string, encoding: 'base64' | 'base64url' = 'base64'): string => {
  const bytes = randomBytes(32);
  plant(name, bytes);
  return bytes.toString(encoding);
};

const printed: Buffer[] = [];
/** What was answered where no secret is due. */
const answers: string[] = [];

let folder: string;
let mailServer: Awaited<ReturnType<typeof startRefusingMailServer>>;
let world: SslWorld;
let server: RunningServer;
let api: ApiClient;

before(async () => {
  const [tsigSecret, macKey] = [planted('the TSIG key'), planted('the binding of ACME', 'base64url')];
  const [target, notice] = [planted("the target's secret"), planted("the webhook's secret")];
  const [smtp, vendor] = [planted('the SMTP password'), planted("the vendor's secret key")];
  const closed = await freePort();
  mailServer = await startRefusingMailServer();
  folder = await mkdtemp(join(tmpdir(), 'openccm-canaries-'));
  await writeFile(join(folder, 'mail.pem'), mailServer.certificatePem);
  world = await startSslWorld(({ mail, targets: [first] = [], ...configuration }) => ({
    ...configuration,
    validation: {
      ...configuration.validation,
      auto_dns: [
        {
          ...{ kind: 'rfc2136', zones: ['tsig.example.test'], server: `127.0.0.1:${closed}` },
          tsig: { name: 'ccm', algorithm: 'hmac-sha256', secret: tsigSecret },
        },
        {
          ...{ kind: 'huawei-cloud-dns', zones: ['vendor.example.test'], access_key: 'AK' },
          ...{ endpoint: `http://127.0.0.1:${closed}`, secret_key: vendor },
        },
      ],
    },
    mail: {
      ...{ ...mail!, port: mailServer.port, tls: 'starttls', ca_file: join(folder, 'mail.pem') },
      ...{ user: 'openccm', password: smtp },
    },
    notifications: {
      ...configuration.notifications,
      webhooks: [{ url: `http://127.0.0.1:${closed}/notices`, secret: `whsec_${notice}` }],
    },
    issuers: {
      ...configuration.issuers,
      definitions: {
        acme: {
          ...(configuration.issuers?.definitions?.acme as object),
          eab: { kid: 'kid', hmac_key: macKey },
        } as never,
      },
    },
    targets: [{ ...first, secret: target } as never],
  }));
  // The first start prints the first user's credentials, once: what is searched is what follows.
  const env = { ...world.env, OPENCCM_LOG_LEVEL: 'debug' };
  await (await startServer({ dataDir: world.dataDir, env })).stop();
  const onOutput = (chunk: Buffer) => printed.push(chunk);
  server = await startServer({ dataDir: world.dataDir, env, onOutput });
  api = await signIn(server);
});

after(async () => {
  api?.close();
  await server?.kill();
  await world?.close();
  await mailServer?.close();
  if (folder) await rm(folder, { recursive: true });
});

/** Anything may be answered, but none of the secrets. */
async function send(method: string, path: string, body?: unknown): Promise<number> {
  const answer = await api.send(method, path, body);
  answers.push(answer.text);
  return answer.status;
}

async function exportedKey(id: string): Promise<string> {
  return (await api.call<{ private_key: string }>('POST', `${certificates}/${id}/export`)).private_key;
}

const place = { service_name: 'ELB', project_name: project, resources: [{ id: 'canary' }] };

test('keys are imported, uploaded and made, and refused', async () => {
  const mine = await selfSignedCredentials('mine.example.test', [
    { type: 'DNS', value: 'mine.example.test' },
  ]);
  const other = await selfSignedCredentials('other.example.test');
  plantKey('an imported key', mine.keyPem);
  plantKey('a key that fits nothing', other.keyPem);
  const body = { name: 'canary', certificate: mine.certificatePem, private_key: mine.keyPem };
  const path = `${certificates}/import`;
  const { certificate_id: id } = await api.call<{ certificate_id: string }>('POST', path, body);
  const wrong = [
    { ...body, private_key: other.keyPem },
    { ...body, private_key: [mine.keyPem] },
    { ...body, private_key: mine.keyPem.replace('MIG', 'MIH') },
    { ...body, certificate: mine.keyPem },
    { ...body, name: mine.keyPem },
    { ...body, certificate_chain: mine.keyPem },
    { ...body, private_key: mine.keyPem.repeat(20) },
    JSON.stringify(body).slice(0, -1),
  ];
  for (const each of wrong) assert.ok((await send('POST', path, each)) >= 400, JSON.stringify(each));
  plantKey('the exported key', await exportedKey(id));
  await send('GET', `${certificates}/${id}`);
  const csr = { name: 'canary', csr: other.keyPem, private_key: mine.keyPem };
  assert.equal(await send('POST', '/v3/scm/csr/upload', csr), 400);
  const { id: csrId } = await api.call<{ id: string }>('POST', '/v3/scm/csr', {
    ...{ name: 'canary', domain_name: 'csr.example.test', private_key_algo: 'EC_P256', usage: 'PERSONAL' },
  });
  const made = await api.call<{ private_key: string }>('GET', `/v3/scm/csr/${csrId}/private-key`);
  plantKey('the key of a CSR', made.private_key);
  await send('GET', `/v3/scm/csr/${csrId}`);
  assert.equal(await send('POST', `${certificates}/${id}/deploy`, place), 200);
  world.target.isIndiscreet = true;
  assert.equal(await send('POST', `${certificates}/${id}/deploy`, place), 200);
  assert.match(answers.at(-1) ?? '', /failure_info/);
});

test('certificates are issued, and records, mails, notices and deployments fail', async () => {
  const { target } = world;
  target.isIndiscreet = false;
  const [built = '', acme = '', tsig = '', vendor = ''] = [
    ...(await buy(api, 1, { effective_time: 2 })),
    ...(await buy(api, 1, { cert_brand: 'TRUSTASIA' })),
    ...(await buy(api, 2)),
  ];
  const [mailed = ''] = await buy(api, 1, { cert_type: 'OV_SSL_CERT' });
  await apply(api, built);
  await apply(api, acme, { domain: 'acme.example.test' });
  await apply(api, tsig, { domain: 'www.tsig.example.test', auto_dns_auth: true });
  await apply(api, vendor, { domain: 'www.vendor.example.test', auto_dns_auth: true });
  await apply(api, mailed, { domain: 'mailed.example.test', domain_method: 'EMAIL' });
  for (const id of [built, acme]) {
    await publishRecords(world, api, id);
    await reach(api, id, 'ISSUED');
    plantKey(`the key of ${id}`, await exportedKey(id));
  }
  assert.equal(await send('POST', `${certificates}/${built}/deploy`, place), 200);
  target.isIndiscreet = true;
  await advanceClock(server.httpUrl, 336 * 86_400);
  api.close();
  api = await signIn(server);
  const second = await successorOf(built);
  await publishRecords(world, api, second);
  await reach(api, second, 'ISSUED');
  const brought = await waitFor('the redeployment', async () =>
    target.brought.find(({ certificate }) => certificate.id === second),
  );
  plantKey('the key that was brought to the target', brought.certificate.private_key);
  for (const id of [tsig, vendor, mailed]) {
    await show(api, id);
    await send('GET', `${certificates}/${id}`);
    await send('GET', `${certificates}/${id}/application`);
  }
});

async function successorOf(certificateId: string): Promise<string> {
  return waitFor('the successor', async () => {
    const path = `${certificates}?limit=50&offset=0`;
    const { certificates: found } = await api.call<{ certificates: { id: string; status: string }[] }>(
      'GET',
      path,
    );
    return found.find(({ id, status }) => id > certificateId && status.startsWith('CHECKING_DOMAIN'))?.id;
  });
}

test('no answer, no line that was printed and no file holds any of it', async () => {
  const search = async (when: string) => {
    const files = await filesOf(world.dataDir, secretFiles);
    assert.ok([...files.keys()].some((file) => file.endsWith('openccm.db')));
    for (const [file, content] of files)
      assert.deepEqual(secretsIn(content, secrets), [], `${file}, ${when}`);
    return Buffer.concat([...files.values()]);
  };
  const found = await search('while it runs');
  assert.ok(found.includes('mailed.example.test'), 'what is no secret is found');
  await server.stop();
  await search('after it ended');
  assert.deepEqual(secretsIn(Buffer.from(answers.join('\n')), secrets), []);
  const output = Buffer.concat(printed);
  assert.ok(output.length > 0, 'the program printed something');
  assert.deepEqual(secretsIn(output, secrets), []);
  assert.ok(secrets.length >= 18, `${secrets.length} secrets`);
});
