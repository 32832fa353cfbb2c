import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { runCommand } from '../support/command.ts';
import { openAccount } from '../support/second-account.ts';
import { type RunningServer, startServer } from '../support/server.ts';

let server: RunningServer;
let api: ApiClient;

before(async () => {
  server = await startServer();
  api = await signIn(server);
});

after(async () => {
  api?.close();
  await server?.stop();
});

const openccm = (...words: string[]) => runCommand(server.dataDir, words);

test('what is in a bucket is fetched by plain HTTP, without a token, and not from the API', async () => {
  const created = await api.send('POST', '/v1/object-storage/buckets', { bucket_name: 'public-files' });
  assert.equal(created.status, 201);
  await writeFile(join(server.dataDir, 'obs/public-files/ca.crl'), 'a list');
  const answer = await fetch(`${server.httpUrl}/obs/public-files/ca.crl`);
  assert.deepEqual(
    [answer.status, answer.headers.get('content-type'), await answer.text()],
    [200, 'application/pkix-crl', 'a list'],
  );
  assert.equal((await api.send('GET', '/obs/public-files/ca.crl')).status, 404);
  assert.equal((await fetch(`${server.httpUrl}/obs/public-files/`)).status, 404);
});

test('the operator makes a bucket for an account while the server runs', async () => {
  const other = await openAccount(server, 'initech');
  await openccm('bucket', 'create', 'for-initech', '--account', 'initech');
  await openccm('bucket', 'create', 'for-the-first');
  const theirs = await signIn(server, other);
  const names = async (client: ApiClient) =>
    (
      await client.call<{ buckets: { bucket_name: string }[] }>('GET', '/v1/object-storage/buckets')
    ).buckets.map((bucket) => bucket.bucket_name);
  assert.deepEqual(await names(theirs), ['for-initech']);
  assert.ok((await names(api)).includes('for-the-first'));
  theirs.close();
});

test('the operator is told what is wrong', async () => {
  const problems: [string[], RegExp][] = [
    [['bucket', 'create', 'No'], /^The specified bucket is not valid\. bucket_name has to be/],
    [['bucket', 'create', 'some-bucket', '--account', 'nobody'], /^there is no account nobody/],
    [['bucket', 'create'], /bucket create <name>/],
    [['bucket', 'create', 'a-bucket', '--acount', 'x'], /bucket create <name>/],
  ];
  for (const [words, expected] of problems)
    await assert.rejects(openccm(...words), (error: { code: number; stderr: string }) => {
      assert.match(error.stderr, expected);
      return error.code === 1;
    });
});
