import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { testBundle } from './bundle.fixture.ts';
import { openNginxTarget } from './nginx-target.ts';
import { readPair } from './replace-files.ts';
import { type CertificateBundle, TargetFailure } from './target.ts';
import type { NginxConfiguration } from './target-configuration.ts';
import { serveTls, targetPorts, temporaryFolder } from './targets.fixture.ts';

const yes = ['/bin/true'];
const resource = { id: 'site', type: '', domainName: '', enterpriseProjectId: '' };

/** A server that reads its files for each connection, as if every change were followed by a reload. */
async function opened(change: Partial<NginxConfiguration> = {}) {
  const folder = await temporaryFolder();
  const files = { certificate_file: join(folder, 'site.crt'), key_file: join(folder, 'site.key') };
  const port = await serveTls(async () => {
    const pair = await readPair(files);
    assert.ok(pair);
    return { cert: pair.certificate, key: pair.key };
  });
  const configuration: NginxConfiguration = {
    service: 'ELB',
    project: 'cn-north-7',
    connector: 'nginx',
    test: yes,
    reload: yes,
    probe_seconds: 0,
    resources: { site: { ...files, name: 'the shop', probe: [{ host: '127.0.0.1', port }] } },
    ...change,
  };
  const target = await openNginxTarget(targetPorts(folder), configuration);
  return { folder, files, configuration, target };
}

function contentOf({ certificatePem, chainPem, privateKeyPem }: CertificateBundle) {
  return { certificate: certificatePem + chainPem, key: privateKeyPem };
}

const failsWith = (text: RegExp) => (error: unknown) =>
  error instanceof TargetFailure && text.test(error.text);

test('writes the files, and the probe sees the certificate; the former ones are kept', async () => {
  const { folder, files, target } = await opened();
  const [first, second] = [await testBundle(), await testBundle()];
  assert.deepEqual(await target.deploy(first, resource), {
    targetCertificateId: first.certificateId,
    resourceName: 'the shop',
  });
  await target.deploy(second, resource);
  assert.deepEqual(await readPair(files), contentOf(second));
  const previous = (file: string) => readFile(`${file}.previous`, 'utf8');
  assert.equal(await previous(files.certificate_file), first.certificatePem + first.chainPem);
  assert.equal(await previous(files.key_file), first.privateKeyPem);
  assert.deepEqual((await readdir(folder)).sort(), [
    'site.crt',
    'site.crt.previous',
    'site.key',
    'site.key.previous',
  ]);
});

for (const [what, change, text] of [
  ['the test fails', { test: ['/bin/sh', '-c', 'echo bad file >&2; exit 1'] }, /bad file/],
  ['the reload fails', { reload: ['/bin/false'] }, /\/bin\/false/],
  ['the program is missing', { reload: ['/nowhere/nginx'] }, /ENOENT/],
  ['a command does not end', { test: ['/bin/sleep', '60'], timeout_seconds: 1 }, /within 1 seconds/],
] satisfies [string, Partial<NginxConfiguration>, RegExp][])
  test(`${what}: the old files are put back`, async () => {
    const { files, configuration, folder } = await opened();
    const good = await openNginxTarget(targetPorts(folder), configuration);
    const bad = await openNginxTarget(targetPorts(folder), { ...configuration, ...change });
    const [first, second] = [await testBundle(), await testBundle()];
    await good.deploy(first, resource);
    await assert.rejects(bad.deploy(second, resource), failsWith(text));
    assert.deepEqual(await readPair(files), contentOf(first));
  });

test('another certificate is served: the old files are put back, or removed if there were none', async () => {
  const { files, configuration, folder, target } = await opened();
  const stranger = await testBundle();
  const port = await serveTls(async () => ({ cert: stranger.certificatePem, key: stranger.privateKeyPem }));
  const site = { ...files, probe: [{ host: '127.0.0.1', port }] };
  const wrong = await openNginxTarget(targetPorts(folder), { ...configuration, resources: { site } });
  const text = /127\.0\.0\.1:\d+ serves another certificate .*\. The (former certificate|files)/;
  await assert.rejects(wrong.deploy(await testBundle(), resource), failsWith(text));
  assert.equal(await readPair(files), undefined);
  const first = await testBundle();
  await target.deploy(first, resource);
  await assert.rejects(wrong.deploy(await testBundle(), resource), failsWith(text));
  assert.deepEqual(await readPair(files), contentOf(first));
});

test('nobody serves: that is said, and the old files are put back', async () => {
  const { files, configuration, folder, target } = await opened();
  const first = await testBundle();
  await target.deploy(first, resource);
  const site = { ...files, probe: [{ host: '127.0.0.1', port: 1 }] };
  const wrong = await openNginxTarget(targetPorts(folder), { ...configuration, resources: { site } });
  await assert.rejects(wrong.deploy(await testBundle(), resource), failsWith(/does not serve TLS/));
  assert.deepEqual(await readPair(files), contentOf(first));
});

test('deployments at once follow one another', async () => {
  const { files, target } = await opened();
  const bundles = await Promise.all(['1', '2', '3'].map((each) => testBundle(`scs000000000000${each}`)));
  await Promise.all(bundles.map((bundle) => target.deploy(bundle, resource)));
  assert.deepEqual(await readPair(files), contentOf(bundles[2]!));
});

test('what a crash left half replaced is made whole at the start', async () => {
  const { files, configuration, folder, target } = await opened();
  const [first, second] = [await testBundle(), await testBundle()];
  await target.deploy(first, resource);
  const content = contentOf(second);
  await writeFile(files.key_file, content.key);
  await writeFile(`${files.certificate_file}.openccm-new`, content.certificate);
  await openNginxTarget(targetPorts(folder), configuration);
  assert.deepEqual(await readPair(files), content);
});

test('a resource that is not configured does not exist; a push needs a folder', async () => {
  const { configuration, folder, target } = await opened();
  const bundle = await testBundle();
  for (const id of ['other', '__proto__', 'constructor'])
    await assert.rejects(target.deploy(bundle, { ...resource, id }), { kind: 'no-such-resource' });
  await assert.rejects(target.push(bundle), { kind: 'refused' });
  const pushFolder = join(folder, 'pushed');
  await mkdir(pushFolder);
  const other = await openNginxTarget(targetPorts(folder), { ...configuration, push_folder: pushFolder });
  assert.equal(await other.push(bundle), bundle.certificateId);
  const pushed = await readFile(join(pushFolder, bundle.certificateId, 'privkey.pem'), 'utf8');
  assert.equal(pushed, bundle.privateKeyPem);
});
