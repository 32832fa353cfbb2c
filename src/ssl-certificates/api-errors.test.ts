import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyUnavailable } from '../kms/index.ts';
import { AccessDenied } from '../platform/errors.ts';
import { createHttpApp, registerApi } from '../platform/http/index.ts';
import { silentLog } from '../platform/log.ts';
import { systemRandom } from '../platform/random.ts';
import { apiErrors } from './api-errors.ts';

const path = '/v3/scm/certificates';

/** What is answered where this is thrown, in authentication or behind it. */
async function answerTo(fault: Error, where: 'authentication' | 'operation' = 'operation') {
  const log = silentLog;
  const app = createHttpApp({ random: systemRandom, log });
  const authenticate = async () => {
    if (where === 'authentication') throw fault;
  };
  await registerApi(app, { ...apiErrors, authenticate, log }, (api) => {
    api.get(path, { schema: { operationId: 'fail', tags: ['test'] } }, () => Promise.reject(fault));
  });
  // The language of the console is no reason to answer in another than clients match on.
  const headers = { 'x-language': 'zh-cn' };
  const answer = await app.inject({ method: 'GET', url: path, headers });
  assert.match(String(answer.headers['x-request-id']), /^[0-9a-f]{32}$/);
  assert.match(String(answer.headers['content-type']), /^application\/json/);
  return [answer.statusCode, answer.json()];
}

test('a token that is missing, wrong or expired: 401 SCM.1000', async () => {
  assert.deepEqual(await answerTo(apiErrors.tokenFault('missing'), 'authentication'), [
    401,
    {
      error_code: 'SCM.1000',
      error_msg: 'The token of the request fails to be authenticated The token is missing.',
    },
  ]);
});

test('a permission that is refused: 403 SCM.1019, with what is missing', async () => {
  const denied = new AccessDenied('scm:cert:get', 'It needs scm:cert:get.');
  assert.deepEqual(await answerTo(denied), [
    403,
    {
      error_code: 'SCM.1019',
      error_msg: 'The user role has no permission to access the interface It needs scm:cert:get.',
    },
  ]);
});

test('a private key that cannot be used: 500 SCM.0038', async () => {
  assert.deepEqual(await answerTo(new KeyUnavailable('The HSM does not answer.')), [
    500,
    { error_code: 'SCM.0038', error_msg: 'Cert decrypt fail. The HSM does not answer.' },
  ]);
});

test('anything else: 500 SCM.0100, which says nothing of the cause', async () => {
  assert.deepEqual(await answerTo(new Error('a secret')), [
    500,
    { error_code: 'SCM.0100', error_msg: 'UnKnown error.' },
  ]);
});
