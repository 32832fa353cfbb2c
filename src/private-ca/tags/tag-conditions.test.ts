import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { createTestIdentity, type TestIdentity, type TestRequest } from '../../../test/support/identity.ts';
import { migrations as iamMigrations } from '../../iam/index.ts';
import { createJobs } from '../../jobs/index.ts';
import { createKeyStore, openMasterKey } from '../../kms/index.ts';
import { FixedClock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { registerApi } from '../../platform/http/index.ts';
import { silentLog } from '../../platform/log.ts';
import { systemRandom } from '../../platform/random.ts';
import {
  activationBody,
  assertDone,
  path as authorityPath,
  create,
  pendingBody,
  rootBody,
} from '../authorities/authorities.fixture.ts';
import { path as certificatePath } from '../certificates/certificates.fixture.ts';
import { apiErrors, createPrivateCa } from '../index.ts';
import { accessRequest, type PermissionName } from '../permissions.ts';
import { type ApiError, benchMigrations, openSqliteBench } from '../private-ca.fixture.ts';
import { kinds, tagClient } from './tags.fixture.ts';

const bench = await openSqliteBench();
const [authorities, certificates] = [kinds[0]!, kinds[1]!];
const environment = { key: 'environment', value: 'dev' };
const team = { key: 'team', value: 'pki' };
const project = { 'g:EnterpriseProjectId': '0' };
const resourceTags = { 'g:ResourceTag/environment': 'dev', 'g:ResourceTag/team': 'pki' };

/** The conditions of the latest question about this action. */
function askedAbout(action: string): object | undefined {
  return bench.asked.findLast((asked) => asked.action === action)?.conditions;
}

describe('what policies are asked', () => {
  test('an operation on a CA tells its tags, as the reference lists for each (5.2)', async () => {
    const account = bench.account();
    const pending = await create(account, pendingBody);
    const active = await create(account);
    const client = tagClient(account, authorities);
    for (const id of [pending, active]) assertDone(await client.createBatch(id, [environment, team]));
    const operations: [TestRequest[0] & ('GET' | 'POST' | 'DELETE'), string, string, object?][] = [
      ['GET', active, 'get'],
      ['GET', `${pending}/csr`, 'getCsr'],
      ['POST', `${pending}/import`, 'import', { certificate: 'x' }],
      ['POST', `${pending}/activate`, 'activate', activationBody(active)],
      ['POST', `${active}/export`, 'export'],
      ['POST', `${active}/disable`, 'disable'],
      ['POST', `${active}/enable`, 'enable'],
      ['POST', `${active}/revoke`, 'revoke', {}],
      ['DELETE', active, 'delete'],
      ['POST', `${active}/restore`, 'restore'],
      ['GET', `${active}/tags`, 'listTags'],
    ];
    for (const [method, path, verb, body] of operations) {
      await account.send(method, `${authorityPath}/${path}`, body);
      const tags = verb === 'import' ? {} : resourceTags;
      const names = ['import', 'activate'].includes(verb) ? { 'pca:SubjectNames': ['CN:Test CA'] } : {};
      assert.deepEqual(askedAbout(`pca:ca:${verb}`), { ...project, ...tags, ...names }, verb);
    }
  });

  test('operations of other services in this API tell them too', () => {
    const names: PermissionName[] = ['enableCrl', 'disableCrl', 'switchOcsp', 'revokeCertificate'];
    const target = { enterpriseProjectId: '0', resourceTags: [environment, team] };
    for (const name of names)
      assert.deepEqual(accessRequest(name, target).conditions, { ...project, ...resourceTags }, name);
  });

  test('revoking a certificate tells the tags of its issuer, not its own', async () => {
    const account = bench.account();
    const issuer = await create(account);
    assertDone(await tagClient(account, authorities).createOne(issuer, environment));
    const { body } = await account.send<{ certificate_id: string }>('POST', certificatePath, {
      issuer_id: issuer,
      distinguished_name: { common_name: 'a.test' },
      validity: { type: 'DAY', value: 1 },
    });
    assertDone(await tagClient(account, certificates).createOne(body.certificate_id, team));
    assertDone(await account.send('POST', `${certificatePath}/${body.certificate_id}/revoke`, {}));
    assert.deepEqual(askedAbout('pca:ca:revokeCert'), { ...project, 'g:ResourceTag/environment': 'dev' });
    await account.send('GET', `${certificatePath}/${body.certificate_id}`);
    assert.deepEqual(askedAbout('pca:cert:get'), project);
  });

  for (const kind of kinds)
    test(`creating, deleting and searching tags of ${kind.name} tells those of the request`, async () => {
      const account = bench.account();
      const client = tagClient(account, kind);
      const id = await kind.make(account, 'asked.test');
      const own = kind.action === 'ca' ? { 'g:ResourceTag/environment': 'dev' } : {};
      await client.createOne(id, environment);
      assert.deepEqual(askedAbout(`pca:${kind.action}:createTag`), {
        ...project,
        'g:RequestTag/environment': ['dev'],
        'g:TagKeys': ['environment'],
      });
      await client.createBatch(id, [team, { key: 'empty' }]);
      assert.deepEqual(askedAbout(`pca:${kind.action}:createTag`), {
        ...project,
        ...own,
        'g:RequestTag/team': ['pki'],
        'g:RequestTag/empty': [''],
        'g:TagKeys': ['team', 'empty'],
      });
      await client.deleteBatch(id, [team, { key: 'empty' }]);
      const before = kind.action === 'ca' ? { ...resourceTags, 'g:ResourceTag/empty': '' } : {};
      assert.deepEqual(askedAbout(`pca:${kind.action}:deleteTag`), {
        ...project,
        ...before,
        'g:TagKeys': ['team', 'empty'],
      });
      await client.find({ tags: [{ key: 'team', values: ['pki', 'x'] }] });
      assert.deepEqual(askedAbout(`pca:${kind.action}:listByTag`), {
        'g:EnterpriseProjectId': undefined,
        'g:RequestTag/team': ['pki', 'x'],
        'g:TagKeys': ['team'],
      });
      await client.allTags();
      assert.deepEqual(askedAbout(`pca:${kind.action}:listAllTags`), {});
    });

  test('nothing is told of the tags of another account', async () => {
    const owner = bench.account();
    const foreign = await create(owner);
    assertDone(await tagClient(owner, authorities).createOne(foreign, environment));
    const stranger = bench.account();
    assert.equal((await stranger.send('GET', `${authorityPath}/${foreign}`)).status, 404);
    assert.deepEqual(askedAbout('pca:ca:get'), { 'g:EnterpriseProjectId': undefined });
    assert.equal((await stranger.send('GET', `${authorityPath}/${foreign}/tags`)).status, 404);
    assert.deepEqual(askedAbout('pca:ca:listTags'), { 'g:EnterpriseProjectId': undefined });
  });
});

async function install(database: Database): Promise<TestIdentity> {
  const clock = new FixedClock(Date.UTC(2025, 10, 28, 9, 30, 0));
  const common = { database, clock, random: systemRandom, log: silentLog };
  const base64 = Buffer.alloc(32, 7).toString('base64');
  const source = { kind: 'environment', name: 'KEY', base64 } as const;
  const masterKey = await openMasterKey({ ...common, source });
  const jobs = createJobs(common);
  const keyStore = createKeyStore({ ...common, masterKey, scheduler: jobs });
  return createTestIdentity(database, async (app, iam) => {
    const privateCa = createPrivateCa({ ...common, identity: iam.identity, keyStore, jobs });
    const authenticate = iam.authenticate(apiErrors.tokenFault);
    await registerApi(app, { ...apiErrors, authenticate, log: silentLog }, privateCa.routes);
  });
}

const policy = (...Statement: object[]) => ({ Version: '5.0', Statement });
const allow = (Action: string[], Condition?: object) => ({
  Effect: 'Allow',
  Action,
  ...(Condition && { Condition }),
});

describeOnEachDatabase(
  'policies with conditions on tags',
  { ...benchMigrations, ...iamMigrations },
  (open) => {
    test('let users at the CAs with the tag only, from the moment that it is there', async () => {
      const identity = await install(await open());
      const { acme } = identity;
      const make = async () =>
        (await identity.call<{ ca_id: string }>(acme, 200, ['POST', authorityPath, rootBody])).ca_id;
      const [dev, prod] = [await make(), await make()];
      await identity.call(acme, 204, ['POST', `${authorityPath}/${dev}/tags`, { tag: environment }]);
      await identity.call(acme, 204, [
        'POST',
        `${authorityPath}/${prod}/tags`,
        { tag: { ...environment, value: 'prod' } },
      ]);
      const user = await identity.addUser(acme, 'dev', [
        policy(allow(['pca:ca:*'], { StringEquals: { 'g:ResourceTag/environment': ['dev'] } })),
      ]);
      const refused = async (request: TestRequest) =>
        assert.equal((await identity.call<ApiError>(user, 401, request)).error_code, 'PCA.00010004');
      await identity.call(user, 200, ['GET', `${authorityPath}/${dev}`]);
      await identity.call(user, 204, ['POST', `${authorityPath}/${dev}/disable`]);
      await refused(['GET', `${authorityPath}/${prod}`]);
      await refused(['POST', `${authorityPath}/${prod}/disable`]);
      await refused(['GET', `${authorityPath}/${prod}/tags`]);
      // Not by giving oneself the tag.
      await refused(['POST', `${authorityPath}/${prod}/tags`, { tag: environment }]);
      await identity.call(acme, 204, ['POST', `${authorityPath}/${prod}/tags`, { tag: environment }]);
      await identity.call(user, 200, ['GET', `${authorityPath}/${prod}`]);
    });

    test('say which tags users may write', async () => {
      const identity = await install(await open());
      const { acme } = identity;
      const { ca_id: id } = await identity.call<{ ca_id: string }>(acme, 200, [
        'POST',
        authorityPath,
        rootBody,
      ]);
      const user = await identity.addUser(acme, 'tagger', [
        policy(
          allow(['pca:ca:createTag'], {
            StringEquals: { 'g:RequestTag/environment': ['dev', 'test'] },
            'ForAllValues:StringEquals': { 'g:TagKeys': ['environment', 'team'] },
          }),
          allow(['pca:ca:deleteTag'], { 'ForAllValues:StringEquals': { 'g:TagKeys': ['team'] } }),
        ),
      ]);
      const write = (status: number, ...tags: object[]) =>
        identity.call(user, status, ['POST', `${authorityPath}/${id}/tags/create`, { tags }]);
      const remove = (status: number, ...tags: object[]) =>
        identity.call(user, status, ['DELETE', `${authorityPath}/${id}/tags/delete`, { tags }]);
      await write(204, environment, team);
      await write(401, { ...environment, value: 'prod' });
      await write(401, environment, { key: 'owner', value: 'me' });
      await write(401, team);
      await remove(401, team, environment);
      await remove(204, team);
    });
  },
);
