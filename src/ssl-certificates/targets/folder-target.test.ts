import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { testBundle } from './bundle.fixture.ts';
import { createTargets } from './create-targets.ts';
import { folderName } from './file-names.ts';
import { createFolderTarget } from './folder-target.ts';
import type { Target } from './target.ts';
import { targetPorts, temporaryFolder } from './targets.fixture.ts';

const none = { type: '', domainName: '', enterpriseProjectId: '' };

test('files of what is pushed and deployed, by certificate and by resource', async () => {
  const folder = await temporaryFolder();
  const target = createFolderTarget(folder);
  const bundle = await testBundle();
  assert.equal(await target.push(bundle), bundle.certificateId);
  await target.deploy(bundle, { ...none, id: 'c1' });
  await target.deploy(bundle, { ...none, id: '', domainName: 'www.example.test' });
  for (const name of [bundle.certificateId, 'c1', 'www.example.test']) {
    const read = (file: string) => readFile(join(folder, name, file), 'utf8');
    assert.equal(await read('fullchain.pem'), bundle.certificatePem + bundle.chainPem);
    assert.equal(await read('cert.pem'), bundle.certificatePem);
    assert.equal(await read('chain.pem'), bundle.chainPem);
    assert.equal(await read('privkey.pem'), bundle.privateKeyPem);
    assert.equal((await stat(join(folder, name, 'privkey.pem'))).mode & 0o777, 0o600);
  }
});

test('all files change at once; the version before is kept, older keys are not', async () => {
  const folder = await temporaryFolder();
  const target = createFolderTarget(folder);
  const resource = { ...none, id: 'c1' };
  for (let round = 0; round < 4; round += 1) {
    const bundle = await testBundle();
    await target.deploy(bundle, resource);
    await target.deploy(bundle, resource);
    assert.equal(await readFile(join(folder, 'c1', 'privkey.pem'), 'utf8'), bundle.privateKeyPem);
  }
  assert.equal((await readdir(join(folder, '.versions'))).length, 2);
});

test('what a crash left unfinished is not in the way', async () => {
  const folder = await temporaryFolder();
  const target = createFolderTarget(folder);
  await target.deploy(await testBundle(), { ...none, id: 'c1' });
  const bundle = await testBundle();
  const version = join(folder, '.versions', `c1@${bundle.fingerprintSha256.slice(0, 32)}`);
  await mkdir(version);
  await writeFile(join(version, 'privkey.pem.openccm-new'), 'half');
  await writeFile(join(folder, '.versions', 'c1@link'), 'half');
  assert.notEqual(await readFile(join(folder, 'c1', 'cert.pem'), 'utf8'), bundle.certificatePem);
  await target.deploy(bundle, { ...none, id: 'c1' });
  assert.equal(await readFile(join(folder, 'c1', 'cert.pem'), 'utf8'), bundle.certificatePem);
  assert.deepEqual((await readdir(version)).sort(), [
    'cert.pem',
    'chain.pem',
    'fullchain.pem',
    'privkey.pem',
  ]);
});

test('a name stays in its folder, and two names never meet', () => {
  const names = fc.string({ unit: 'binary', minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(names, names, (one, other) => {
      const encoded = folderName(one);
      assert.match(encoded, /^[A-Za-z0-9_%-][A-Za-z0-9._%-]{0,199}$/);
      assert.equal(encoded === folderName(other), one === other);
    }),
    {
      examples: [
        ['..', '.'],
        ['a/../../b', 'a'],
        ['a'.repeat(201), 'a'.repeat(202)],
      ],
    },
  );
});

test('without a configuration the reference’s regions have folders, one for each account', async () => {
  const folder = await temporaryFolder();
  const ports = targetPorts(folder);
  const targets = await createTargets(ports, undefined);
  assert.deepEqual(targets.projectsOf('ELB'), ['cn-north-7', 'eu-west-101', 'cn-north-4']);
  assert.deepEqual(targets.projectsOf('WAF'), ['cn-north-7', 'eu-west-101', 'cn-north-4']);
  assert.deepEqual(targets.projectsOf('CDN'), ['global']);
  assert.equal(targets.find('ELB', 'nowhere-1'), 'unknown-project');
  assert.equal(targets.find('CDN', 'cn-north-7'), 'no-service');
  const target = targets.find('ELB', 'cn-north-7') as Target;
  const bundle = await testBundle();
  const other = { ...(await testBundle()), accountId: 'b'.repeat(32) };
  await target.deploy(bundle, { ...none, id: '../../escape' });
  await target.deploy(other, { ...none, id: '../../escape' });
  const fileOf = (accountId: string) =>
    join(ports.deployedFolder, accountId, 'ELB', 'cn-north-7', '%2e.%2f..%2fescape', 'cert.pem');
  assert.equal(await readFile(fileOf(bundle.accountId), 'utf8'), bundle.certificatePem);
  assert.equal(await readFile(fileOf(other.accountId), 'utf8'), other.certificatePem);
  assert.equal(await target.resourcesUsing(bundle.certificateId), undefined);
});
