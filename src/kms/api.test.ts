import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessDenied } from '../platform/errors.ts';
import { apiErrors } from './index.ts';
import { openSqliteBench } from './kms.fixture.ts';

const bench = await openSqliteBench();

test('errors have the form that clients of this service read, and say what to do', async () => {
  const user = bench.user();
  const { status, body } = await user.send<object>('POST', 'kms/describe-key', { key_id: 'x' });
  assert.equal(status, 400);
  assert.deepEqual(Object.keys(body), ['error']);
  const { error_code: code, error_msg: message } = (body as { error: Record<string, string> }).error;
  assert.equal(code, 'KMS.0205');
  assert.match(message!, /^Invalid key ID\. key_id must /);
});

test('the project of the path is checked before the fields', async () => {
  const user = bench.user();
  const stranger = bench.user().projectId;
  for (const [method, path, body] of [
    ['POST', 'kms/create-key', {}],
    ['GET', 'kms/user-quotas', undefined],
    ['GET', 'keystores', undefined],
    ['DELETE', 'kms/aliases', {}],
  ] as const) {
    const answer = await user.inProject(stranger).send(method, path, body);
    assert.deepEqual([answer.status, answer.code], [403, 'KMS.0321'], path);
  }
});

test('bodies that are not JSON, or missing, are refused', async () => {
  const user = bench.user();
  const send = async (body?: string) => (await user.send('POST', 'kms/create-key', body)).code;
  assert.equal(await send('{'), 'KMS.0202');
  assert.equal(await send('{"key_alias":"a"}}'), 'KMS.0202');
  assert.equal(await send(), 'KMS.0204');
  assert.equal(await send('null'), 'KMS.0204');
  assert.equal(await send('[]'), 'KMS.0308');
  assert.equal(await send('"text"'), 'KMS.0308');
});

test('another method than that of the operation is told so', async () => {
  const answer = await bench.user().send('GET', 'kms/create-key');
  assert.deepEqual([answer.status, answer.code], [405, 'KMS.0215']);
});

test('what identity finds is worded with its codes', () => {
  assert.equal(apiErrors.tokenFault('missing').code, 'KMS.0301');
  assert.equal(apiErrors.tokenFault('invalid').code, 'KMS.0302');
  assert.equal(apiErrors.tokenFault('expired').code, 'KMS.0303');
  const denied = apiErrors.accessDenied(new AccessDenied('kms:cmk:get', 'No policy allows it.'));
  assert.deepEqual([denied.status, denied.code], [403, 'KMS.0306']);
  assert.equal(denied.message, 'No access permissions. No policy allows it.');
  assert.equal(apiErrors.unknownError.code, 'KMS.0101');
  const failure = { location: 'body', path: 'Content-Type', keyword: 'mediaType', message: 'x' } as const;
  assert.equal(apiErrors.invalid(failure).code, 'KMS.0214');
});
