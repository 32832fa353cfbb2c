import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { knownProject } from '../../../test/support/identity-double.ts';
import { type BenchAccount, openSqliteBench } from '../private-ca.fixture.ts';
import {
  assertDone,
  assertRefused,
  create,
  details,
  issueByCsr,
  path,
  pendingBody,
  post,
  rootBody,
  scheduleDeletion,
  subject,
  subordinateBody,
  usedQuota,
} from './authorities.fixture.ts';
import type { AuthorityResponse } from './authority-presentation.ts';

interface List {
  readonly total: number;
  readonly certificate_authorities: AuthorityResponse[];
}

const bench = await openSqliteBench();
const account = bench.account();

async function list(query = '', of: BenchAccount = account): Promise<List> {
  const answer = await of.send<List>('GET', `${path}${query}`);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

async function names(query = ''): Promise<(string | null)[]> {
  return (await list(query)).certificate_authorities.map((ca) => ca.distinguished_name.common_name);
}

function named(body: object, commonName: string, days = 365): object {
  return {
    ...body,
    distinguished_name: { ...subject, common_name: commonName },
    ...('validity' in body ? { validity: { type: 'DAY', value: days } } : {}),
  };
}

/** In the order of creation, a second apart; each name says what the CA is. */
const all = ['b root', 'a expired', 'd child', 'c pending', 'f_disabled', 'e deleted'];

before(async () => {
  const ids: string[] = [];
  const add = async (body: object) => {
    bench.clock.advance(1000);
    ids.push(await create(account, body));
    return ids.at(-1)!;
  };
  const rootId = await add(named(rootBody, 'b root', 3000));
  await add(named(rootBody, 'a expired', 1));
  await add(named(subordinateBody(rootId), 'd child', 500));
  await add(named(pendingBody, 'c pending'));
  assertDone(await post(account, await add(named(rootBody, 'f_disabled', 400)), 'disable'));
  await scheduleDeletion(account, await add(named(rootBody, 'e deleted', 600)), 30);
  await create(bench.account());
  bench.clock.advance(2 * 86_400_000);
});

describe('paging', () => {
  test('limit defaults to 10; allowed values are 0 to 1000', async () => {
    const crowded = bench.account();
    for (let index = 0; index < 11; index += 1) await create(crowded, pendingBody);
    const page = await list('', crowded);
    assert.deepEqual([page.total, page.certificate_authorities.length], [11, 10]);
    assert.equal((await list('?limit=1000', crowded)).certificate_authorities.length, 11);
    assert.deepEqual(await list('?limit=0', crowded), { total: 11, certificate_authorities: [] });
    for (const limit of ['-1', '1001', 'ten', '1.5']) {
      assertRefused(await account.send('GET', `${path}?limit=${limit}`), 400, 'PCA.00020001', /limit/);
    }
  });

  test('offset defaults to 0: the query starts from the record after the position offset', async () => {
    assert.deepEqual(await names('?offset=0'), await names());
    assert.deepEqual(await names('?offset=2&limit=2'), (await names()).slice(2, 4));
    assertRefused(await account.send('GET', `${path}?offset=-1`), 400, 'PCA.00020001', /offset/);
  });

  test('[terraform] an offset behind the end gives an empty page with the total', async () => {
    assert.deepEqual(await list('?limit=1000&offset=1000'), { total: 6, certificate_authorities: [] });
  });

  test('pages never overlap: the id decides between equals', async () => {
    const crowded = bench.account();
    for (let index = 0; index < 5; index += 1) await create(crowded, pendingBody);
    for (const sortKey of ['create_time', 'common_name', 'type', 'not_after']) {
      const seen: string[] = [];
      for (let offset = 0; offset < 5; offset += 2) {
        const page = await list(`?sort_key=${sortKey}&limit=2&offset=${offset}`, crowded);
        seen.push(...page.certificate_authorities.map((ca) => ca.ca_id));
      }
      assert.equal(new Set(seen).size, 5);
      assert.deepEqual(seen, [...seen].sort().reverse());
    }
  });
});

describe('filters', () => {
  test('name filters on the CN: CAs whose names contain the value are returned', async () => {
    assert.deepEqual(await names('?name=ed'), ['e deleted', 'f_disabled', 'a expired']);
    assert.deepEqual(await names('?name=b%20root'), ['b root']);
    assert.deepEqual(await names('?name=_'), ['f_disabled']);
    assert.deepEqual(await names('?name=%25'), []);
    assert.equal((await list('?name=ed&limit=1')).total, 3);
    for (const name of ['', 'a'.repeat(65)]) {
      assertRefused(await account.send('GET', `${path}?name=${name}`), 400, 'PCA.00020001', /name/);
    }
  });

  const statuses = {
    PENDING: ['c pending'],
    ACTIVED: ['d child', 'b root'],
    DISABLED: ['f_disabled'],
    DELETED: ['e deleted'],
    EXPIRED: ['a expired'],
  };
  for (const [status, expected] of Object.entries(statuses)) {
    test(`status filters on one of PENDING, ACTIVED, DISABLED, DELETED, EXPIRED: ${status}`, async () => {
      assert.deepEqual(await names(`?status=${status}`), expected);
      const page = await list(`?status=${status}`);
      assert.equal(page.total, expected.length);
      assert.ok(page.certificate_authorities.every((ca) => ca.status === status));
    });
  }

  test('another status is refused (PCA.00020404)', async () => {
    for (const status of ['ACTIVATED', 'pending', 'PURGED', '']) {
      assertRefused(await account.send('GET', `${path}?status=${status}`), 400, 'PCA.00020404', /status/);
    }
  });

  test('type filters on ROOT or SUBORDINATE', async () => {
    assert.deepEqual(await names('?type=SUBORDINATE'), ['c pending', 'd child']);
    assert.deepEqual(await names('?type=ROOT&status=ACTIVED'), ['b root']);
    assertRefused(await account.send('GET', `${path}?type=LEAF`), 400, 'PCA.00020202', /type/);
  });

  test('owned_by_self defaults to true; false adds what is shared, and nothing is', async () => {
    assert.deepEqual(await names('?owned_by_self=false'), await names());
    assert.deepEqual(await names('?owned_by_self=true'), await names());
    assertRefused(await account.send('GET', `${path}?owned_by_self=1`), 400, 'PCA.00020001', /owned_by_self/);
  });
});

describe('sort_key is create_time (default), common_name, type or not_after; sort_dir is DESC (default) or ASC', () => {
  test('create_time, latest first, is the default', async () => {
    assert.deepEqual(await names(), [...all].reverse());
    assert.deepEqual(await names('?sort_key=create_time&sort_dir=ASC'), all);
  });

  test('common_name', async () => {
    assert.deepEqual(await names('?sort_key=common_name&sort_dir=ASC'), [...all].sort());
    assert.deepEqual(await names('?sort_key=common_name'), [...all].sort().reverse());
  });

  test('not_after, without a certificate first', async () => {
    const ordered = ['c pending', 'a expired', 'f_disabled', 'd child', 'e deleted', 'b root'];
    assert.deepEqual(await names('?sort_key=not_after&sort_dir=ASC'), ordered);
    assert.deepEqual(await names('?sort_key=not_after&sort_dir=DESC'), [...ordered].reverse());
  });

  test('type', async () => {
    const types = (await list('?sort_key=type&sort_dir=ASC')).certificate_authorities.map((ca) => ca.type);
    assert.deepEqual(types, ['ROOT', 'ROOT', 'ROOT', 'ROOT', 'SUBORDINATE', 'SUBORDINATE']);
  });

  test('anything else is refused', async () => {
    assertRefused(await account.send('GET', `${path}?sort_key=status`), 400, 'PCA.00020001', /sort_key/);
    assertRefused(await account.send('GET', `${path}?sort_dir=desc`), 400, 'PCA.00020001', /sort_dir/);
  });
});

describe('what is listed', () => {
  test('total is the total number of CA certificates of the account', async () => {
    assert.equal((await list()).total, 6);
    assert.deepEqual(await list('', bench.account()), { total: 0, certificate_authorities: [] });
  });

  test('[4.2.2.3] subordinate CAs issued with a CSR (type INTERMEDIATE_CA) are not returned in this list', async () => {
    const owner = bench.account();
    const rootId = await create(owner);
    const caId = await issueByCsr(owner, rootId);
    const listed = (await list('', owner)).certificate_authorities.map((ca) => ca.ca_id);
    assert.deepEqual(listed, [rootId]);
    assert.equal((await details(owner, caId)).gen_mode, 'CSR');
  });

  test('issuer_id and issuer_name are null for a root CA; path_length is 7 for it, for a subordinate CA the value given', async () => {
    const { certificate_authorities: found } = await list();
    const root = found.find((ca) => ca.distinguished_name.common_name === 'b root');
    const child = found.find((ca) => ca.distinguished_name.common_name === 'd child');
    assert.deepEqual([root?.issuer_id, root?.issuer_name, root?.path_length], [null, null, 7]);
    assert.deepEqual([child?.issuer_id, child?.issuer_name, child?.path_length], [root?.ca_id, 'b root', 0]);
  });

  test('an element has the fields of the CA details, all of the contract', async () => {
    const [first] = (await list()).certificate_authorities;
    assert.ok(first);
    assert.deepEqual(first, await details(account, first.ca_id));
    assert.deepEqual(Object.keys(first).sort(), [
      'ca_id',
      'charging_mode',
      'create_time',
      'crl_configuration',
      'delete_time',
      'distinguished_name',
      'domain_id',
      'enterprise_project_id',
      'free_quota',
      'freeze_flag',
      'gen_mode',
      'issuer_id',
      'issuer_name',
      'key_algorithm',
      'not_after',
      'not_before',
      'path_length',
      'serial_number',
      'signature_algorithm',
      'status',
      'type',
    ]);
    assert.deepEqual(
      [first.freeze_flag, first.gen_mode, first.charging_mode, first.enterprise_project_id, first.free_quota],
      [0, 'GENERATE', 1, '0', 0],
    );
    assert.equal(first.domain_id, account.accountId);
  });

  test('delete_time is null as long as the CA is not deleted', async () => {
    const { certificate_authorities: found } = await list();
    for (const ca of found) assert.equal(ca.delete_time !== null, ca.status === 'DELETED');
  });

  test('with CRL disabled, crl_configuration is {enabled: false} with the rest null, crl_dis_point too', async () => {
    const { certificate_authorities: found } = await list();
    const off = {
      enabled: false,
      crl_name: null,
      obs_bucket_name: null,
      valid_days: null,
      crl_dis_point: null,
    };
    for (const ca of found) assert.deepEqual(ca.crl_configuration, off);
  });
});

test('who lacks the permission is refused (401 PCA.00010004)', async () => {
  assertRefused(await account.without('pca:ca:list').send('GET', path), 401, 'PCA.00010004');
});

test('who may see some enterprise projects gets their CAs, their number and the quotas of the account', async () => {
  const owner = bench.account();
  await create(owner, named(rootBody, 'default'));
  await create(owner, { ...named(rootBody, 'there'), enterprise_project_id: knownProject });
  const part = owner.without('pca:ca:list@0', 'pca:ca:quota@0', 'pca:cert:quota@0');
  const found = await list('', part);
  assert.deepEqual(
    [found.total, found.certificate_authorities.map((ca) => ca.distinguished_name.common_name)],
    [1, ['there']],
  );
  assert.equal((await list('?limit=0', part)).total, 1);
  assert.equal((await list('', owner)).total, 2);
  assert.equal(await usedQuota(part), 2);
});
