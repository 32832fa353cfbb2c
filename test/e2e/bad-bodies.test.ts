import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Answer, type ApiClient, clientWith, signIn } from '../support/api-client.ts';
import { createCa, rootCaBody } from '../support/private-ca-requests.ts';
import { type RunningServer, startServer } from '../support/server.ts';

const megabyte = 1024 * 1024;
const cas = '/v1/private-certificate-authorities';
/** That want a body, whoever's certificate is named. */
const sslPaths = [
  'certificates/buy',
  'certificates/import',
  'certificates/scs0000000000000/apply',
  'csr',
].map((path) => `/v3/scm/${path}`);

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

/** A refusal in the service's own words, with a request id, and nothing of the server's inside. */
function assertRefused(answer: Answer, status: number, code?: string): void {
  assert.equal(answer.status, status, answer.text);
  const body = answer.json as { error_code?: string; error_msg?: string };
  assert.match(body.error_code ?? '', /^(PCA|SCM|APIGW)\.\d+$/);
  if (code) assert.equal(body.error_code, code);
  assert.ok(body.error_msg);
  assert.match(String(answer.headers['x-request-id']), /\S/);
  assert.doesNotMatch(answer.text, /node:|\.ts\b|SyntaxError|at \w+ \(/);
}

for (const [name, body] of [
  ['half an object', '{"type": "ROOT"'],
  ['text', 'type=ROOT'],
  ['a NUL', '\0'],
  ['an object with a raw NUL inside a string', '{"type": "RO\0OT"}'],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ['an array', '[]'],
  ['a string', '"ROOT"'],
  ['a number', '1e400'],
  ['null', 'null'],
  ['nothing', ''],
] as const)
  test(`a body that is ${name} is an incorrect parameter`, async () => {
    assertRefused(await api.send('POST', cas, body), 400, 'PCA.00020001');
    for (const path of sslPaths) assertRefused(await api.send('POST', path, body), 400, 'SCM.0005');
  });

test('an escaped NUL in a name is an incorrect name', async () => {
  const body = rootCaBody('Root\u0000CA');
  assertRefused(await api.send('POST', cas, body), 400, 'PCA.00020101');
});

test('deep nesting is refused, not a crash', async () => {
  const body = `{"distinguished_name":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
  assertRefused(await api.send('POST', cas, body), 400);
});

test('a body of another content type is refused', async () => {
  const body = 'type=ROOT';
  const answer = await api.send('POST', cas, body, { 'content-type': 'application/x-www-form-urlencoded' });
  assertRefused(answer, 400, 'PCA.00020001');
});

test('a body of just under 64 KB is read, and refused for what it says', async () => {
  const body = JSON.stringify({ ...rootCaBody('x'.repeat(64 * 1024 - 2000)) });
  assertRefused(await api.send('POST', cas, body), 400, 'PCA.00020101');
});

test('a larger body is refused, and who sends it gets to read the answer', async () => {
  for (const size of [64 * 1024 + 1, 12 * megabyte, 30 * megabyte]) {
    const { status, text } = await api.send('POST', cas, Buffer.alloc(size, 0x20));
    assert.equal(status, 413, text);
    assert.equal(JSON.parse(text).error_code, 'APIGW.0201');
  }
});

test('a length that lies does not keep the server', async () => {
  const answer = await api.send('POST', cas, '{}', { 'content-length': 1 });
  assert.ok(answer.status === 400, answer.text);
});

test('prototype names in a body change nothing', async () => {
  const body = `{"__proto__":{"type":"ROOT"},"constructor":{"prototype":{"type":"ROOT"}}}`;
  assertRefused(await api.send('POST', cas, body), 400);
  assert.equal(({} as { type?: string }).type, undefined);
});

test('a stranger is refused before the body is looked at', async () => {
  const stranger = await clientWith(server, undefined);
  for (const body of ['{', Buffer.alloc(megabyte), Buffer.alloc(12 * megabyte)])
    assertRefused(await stranger.send('POST', cas, body), 401);
  stranger.close();
});

test('after all this the server works', async () => {
  assert.match(await createCa(api, rootCaBody('After bad bodies')), /^[0-9a-f-]{36}$/);
});
