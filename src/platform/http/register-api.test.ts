import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { DatabaseUnavailable } from '../db/index.ts';
import { AccessDenied, ServiceError } from '../errors.ts';
import { type Log, silentLog } from '../log.ts';
import { systemRandom } from '../random.ts';
import { anyCharacter, createHttpApp, describeApi, registerApi } from './index.ts';

const invalidParameter = { status: 400, code: 'PCA.00020001', message: 'Incorrect parameter.' };
const notFound = { status: 404, code: 'PCA.00030102', message: 'Not found.' };

const thing = Type.Object({
  name: Type.String({ minLength: 2 }),
  kind: Type.Optional(Type.Union([Type.Literal('ROOT'), Type.Literal('SUB')])),
  validity: Type.Optional(Type.Object({ value: Type.Integer({ minimum: 1 }) })),
  tags: Type.Optional(Type.Array(Type.Object({ key: Type.String() }))),
});

async function start(log: Log = silentLog): Promise<FastifyInstance> {
  const app = createHttpApp({ random: systemRandom, log });
  await describeApi(app, '1.2.3');
  const options = {
    dialect: 'pca',
    authenticate: async (request) => {
      if (!request.headers['x-auth-token'])
        throw new ServiceError('gateway', { status: 401, code: 'APIGW.0305', message: 'Incorrect.' });
    },
    accessDenied: (denial) =>
      new ServiceError('pca', { status: 401, code: 'PCA.00010004', message: denial.message }),
    unknownError: { status: 500, code: 'PCA.00010001', message: 'Internal error.' },
    invalid: ({ location, path, keyword, message }) =>
      new ServiceError('pca', invalidParameter, `${location}|${path}|${keyword}|${message}`),
    log,
  } satisfies Parameters<typeof registerApi>[1];
  await registerApi(app, options, (api) => {
    api.post('/v1/things', { schema: { operationId: 'createThing', body: thing } }, async (request) => ({
      got: request.body,
      raw: request.rawBody.toString(),
    }));
    const page = Type.Object({
      limit: Type.Integer({ minimum: 0, maximum: 1000, default: 10 }),
      deep: Type.Optional(Type.Boolean()),
      status: Type.Optional(Type.Array(Type.String())),
    });
    api.get(
      '/v1/things',
      { schema: { operationId: 'listThings', querystring: page } },
      async (request) => request.query,
    );
    const secret = Type.Object({
      secret: Type.String({ ...anyCharacter }),
      mood: Type.Optional(Type.Union([Type.String({ enum: ['GOOD', 'BAD', ''] }), Type.Null()])),
    });
    api.post('/v1/secrets', { schema: { body: secret } }, async (request) => request.body);
    const params = Type.Object({ id: Type.String() });
    api.get('/v1/things/:id/what', { schema: { params } }, async (request) => request.params);
    api.get('/v1/things/:id/stored', async () => {
      throw new Error('not read', { cause: new DatabaseUnavailable('it is locked') });
    });
    api.delete('/v1/things/:id', async (_request, reply) => reply.code(204).send());
    api.post('/v1/things/:id/stop', { config: { body: 'none' } }, async (request) => ({
      body: request.body ?? 'nothing',
    }));
    const note = Type.Object({ note: Type.Optional(Type.String()) });
    api.post(
      '/v1/things/:id/note',
      { config: { body: 'optional' }, schema: { body: note } },
      async (request) => request.body,
    );
    api.post(
      '/v1/things/:id/small',
      { config: { bodyLimitBytes: 1_000 }, schema: { body: thing } },
      async () => ({}),
    );
    api.get('/v1/missing', async () => {
      throw new ServiceError('pca', notFound, 'There is no such thing.');
    });
    api.get('/v1/denied', async () => {
      throw new AccessDenied('pca:ca:list', 'Not you.');
    });
    api.get('/v1/broken', async () => {
      throw new Error('the secret is 42');
    });
  });
  return app;
}

const token = { 'x-auth-token': 't' };

async function post(
  app: FastifyInstance,
  url: string,
  payload: string | Buffer,
  headers: Record<string, string> = {},
) {
  const answer = await app.inject({ method: 'POST', url, payload, headers: { ...token, ...headers } });
  return { status: answer.statusCode, body: answer.json() };
}

function repeat(count: number, item: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => item(index)).join(',');
}

describe('an API', () => {
  test('parses the body and keeps it as it arrived', async () => {
    const app = await start();
    const sent = '{"name":"ab", "unknown":1, "name":"cd"}\n';
    const { status, body } = await post(app, '/v1/things', sent);
    assert.equal(status, 200);
    assert.deepEqual(body, { got: { name: 'cd', unknown: 1 }, raw: sent });
  });

  test('takes 100 levels and no more: millions of them would take a second to parse', async () => {
    const app = await start();
    const nested = (levels: number) => `{"name":"ab","x":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    assert.equal((await post(app, '/v1/things', nested(100))).status, 200);
    for (const levels of [101, 9_000]) {
      const { status, body } = await post(app, '/v1/things', nested(levels));
      const detail = 'body||json|must be JSON: the body has more than 100 levels';
      assert.deepEqual([status, body.error_msg], [400, `Incorrect parameter. ${detail}`]);
    }
    const text = JSON.stringify({ name: `"\\${'['.repeat(40)}`, y: '{'.repeat(200), z: ['\\"['] });
    assert.equal((await post(app, '/v1/things', text)).status, 200);
  });

  test('names the field that breaks its schema', async () => {
    const app = await start();
    const cases: [string, string][] = [
      ['{}', 'body|name|required|is mandatory'],
      ['{"name":5}', 'body|name|type|must be string'],
      ['{"name":"ab","kind":"X"}', 'body|kind|enum|must be one of ROOT, SUB'],
      ['{"name":"ab","validity":{"value":0}}', 'body|validity.value|minimum|must be >= 1'],
      ['{"name":"ab","validity":{}}', 'body|validity.value|required|is mandatory'],
      ['{"name":"ab","validity":{"value":"1"}}', 'body|validity.value|type|must be integer'],
      ['{"name":"ab","tags":[{"key":"a"},{}]}', 'body|tags[1].key|required|is mandatory'],
      ['[]', 'body||type|must be object'],
      ['', 'body||required|is mandatory, as JSON'],
      ['null', 'body||required|is mandatory, as JSON'],
      ['{"name":', 'body||json|must be JSON: the body is not JSON'],
      ['{"name":"ab","__proto__":{}}', 'body||json|must be JSON: the key __proto__ is not allowed'],
      [
        '{"name":"ab","x":[{"_\\u005fproto__":{}}]}',
        'body||json|must be JSON: the key __proto__ is not allowed',
      ],
    ];
    for (const [sent, detail] of cases) {
      const { status, body } = await post(app, '/v1/things', sent);
      assert.deepEqual(
        [status, body],
        [400, { error_code: 'PCA.00020001', error_msg: `Incorrect parameter. ${detail}` }],
      );
    }
    const { body } = await post(app, '/v1/secrets', '{"secret":"","mood":"SAD"}');
    assert.equal(body.error_msg, 'Incorrect parameter. body|mood|enum|must be one of GOOD, BAD');
  });

  test('takes 10,000 keys and values and no more, and counts them before it parses', async (t) => {
    const app = await start();
    const parse = t.mock.method(JSON, 'parse');
    const wide: Record<string, (count: number) => string> = {
      'different keys': (count) => `{"name":"ab",${repeat(count, (index) => `"k${index}":1`)}}`,
      'equal keys': (count) => `{"name":"ab",${repeat(count, () => '"k":1')}}`,
      'empty lists': (count) => `{"name":"ab","x":[${repeat(count, () => '[]')}]}`,
      numbers: (count) => `{"name":"ab","x":[${repeat(2 * count, () => '1')}]}`,
    };
    for (const [what, make] of Object.entries(wide)) {
      const fits = await post(app, '/v1/things', make(4_990));
      assert.equal(fits.status, 200, what);
      parse.mock.resetCalls();
      const { status, body } = await post(app, '/v1/things', make(5_010));
      const detail = 'body||json|must be JSON: the body has more than 10000 keys and values';
      assert.deepEqual([what, status, body.error_msg], [what, 400, `Incorrect parameter. ${detail}`]);
      // Once by this test, for the answer.
      assert.equal(parse.mock.callCount(), 1, what);
    }
    const text = JSON.stringify({ name: ',:[{'.repeat(10_000) });
    assert.equal((await post(app, '/v1/things', text)).status, 200);
  });

  test('refuses text that cannot be stored as it is', async () => {
    const app = await start();
    const nul = 'characters|must not contain the character NUL';
    const surrogate = 'characters|must be Unicode text without lone surrogates';
    const bodies: [string, string][] = [
      ['{"name":"a\\u0000b"}', `body|name|${nul}`],
      ['{"name":"a\\ud800b"}', `body|name|${surrogate}`],
      ['{"name":"ab","tags":[{"key":"ok"},{"key":"\\u0000"}]}', `body|tags[1].key|${nul}`],
      [`{"name":"ab","x":${'['.repeat(50)}"\\u0000"${']'.repeat(50)}}`, `body|x${'[0]'.repeat(5)}|${nul}`],
    ];
    for (const [sent, detail] of bodies) {
      const { status, body } = await post(app, '/v1/things', sent);
      assert.deepEqual([status, body.error_msg], [400, `Incorrect parameter. ${detail}`]);
    }
    for (const url of ['/v1/things?status=A&status=%00', '/v1/things/%00/what']) {
      const answer = await app.inject({ url, headers: token });
      assert.equal(answer.statusCode, 400);
      assert.match(answer.json().error_msg, /must not contain the character NUL$/);
    }
    const sent = '{"secret":"a\\u0000b","mood":null}';
    const { status, body } = await post(app, '/v1/secrets', sent);
    assert.deepEqual([status, body], [200, { secret: 'a\0b', mood: null }]);
  });

  test('refuses what is not UTF-8', async () => {
    const app = await start();
    const latin = await post(app, '/v1/things', Buffer.from('{"name":"\xe9\xe9"}', 'latin1'));
    assert.match(latin.body.error_msg, /the body is not UTF-8/);
    const declared = await post(app, '/v1/things', '{"name":"ab"}', {
      'content-type': 'application/json; charset=gbk',
    });
    assert.match(declared.body.error_msg, /charset of Content-Type must be utf-8/);
    const fine = await post(app, '/v1/things', '{"name":"ab"}', {
      'content-type': 'application/json;charset=UTF-8',
    });
    assert.equal(fine.status, 200);
  });

  test('refuses a body that is compressed, as it could be a thousand times as long', async () => {
    const app = await start();
    const packed = await post(app, '/v1/things', gzipSync('{"name":"ab"}'), { 'content-encoding': 'gzip' });
    assert.equal(packed.status, 400);
    assert.match(packed.body.error_msg, /Content-Encoding\|encoding\|must be absent/);
    const plain = await post(app, '/v1/things', '{"name":"ab"}', { 'content-encoding': 'identity' });
    assert.equal(plain.status, 200);
  });

  test('takes nothing, null and {} where no body is needed', async () => {
    const app = await start();
    for (const sent of ['', 'null', '{}']) {
      assert.deepEqual(await post(app, '/v1/things/1/stop', sent), {
        status: 200,
        body: { body: 'nothing' },
      });
      assert.deepEqual(await post(app, '/v1/things/1/note', sent), { status: 200, body: {} });
    }
    assert.equal((await post(app, '/v1/things/1/note', '{"note":1}')).status, 400);
  });

  test('turns query strings into their types, strictly, with defaults', async () => {
    const app = await start();
    const get = async (query: string) =>
      (await app.inject({ url: `/v1/things?${query}`, headers: token })).json();
    assert.deepEqual(await get(''), { limit: 10 });
    assert.deepEqual(await get('limit=5&deep=true&status=A&other=1'), {
      limit: 5,
      deep: true,
      status: ['A'],
      other: '1',
    });
    assert.deepEqual(await get('status=A&status=B'), { limit: 10, status: ['A', 'B'] });
    for (const limit of ['x', '', '1.5', '0x10', '1e2', '%201'])
      assert.match((await get(`limit=${limit}`)).error_msg, /query\|limit\|type\|must be integer/);
    assert.match((await get('limit=1001')).error_msg, /query\|limit\|maximum/);
  });

  test('authenticates before it looks at the body', async () => {
    const app = await start();
    const answer = await app.inject({ method: 'POST', url: '/v1/things', payload: '{' });
    assert.equal(answer.statusCode, 401);
    assert.deepEqual(answer.json(), {
      error_code: 'APIGW.0305',
      error_msg: 'Incorrect.',
      request_id: answer.headers['x-request-id'],
    });
  });

  test('maps what handlers throw, and shows nothing of our own failures but to the log', async () => {
    const logged: unknown[] = [];
    const app = await start({ ...silentLog, error: (facts) => logged.push(facts) });
    const get = async (url: string) => {
      const answer = await app.inject({ url, headers: token });
      assert.match(String(answer.headers['x-request-id']), /^[0-9a-f]{32}$/);
      return [answer.statusCode, answer.json(), answer.headers['x-request-id']];
    };
    assert.deepEqual((await get('/v1/missing')).slice(0, 2), [
      404,
      { error_code: 'PCA.00030102', error_msg: 'Not found. There is no such thing.' },
    ]);
    assert.deepEqual((await get('/v1/denied')).slice(0, 2), [
      401,
      { error_code: 'PCA.00010004', error_msg: 'Not you.' },
    ]);
    assert.equal(logged.length, 0);
    const [status, body, requestId] = await get('/v1/broken');
    assert.deepEqual([status, body], [500, { error_code: 'PCA.00010001', error_msg: 'Internal error.' }]);
    assert.partialDeepStrictEqual(logged, [{ requestId, method: 'GET', route: '/v1/broken' }]);
  });
});

describe('the gateway', () => {
  test('answers unknown paths, methods and broken addresses in its own dialect', async () => {
    const app = await start();
    const cases = [
      ['GET', '/v1/nothing', 404, 'APIGW.0101'],
      ['PUT', '/v1/things', 405, 'APIGW.0101'],
      ['HEAD', '/v1/things', 405, undefined],
      ['PUT', '/v1/things/9', 405, 'APIGW.0101'],
      ['DELETE', '/v1/things/%zz', 400, 'APIGW.0201'],
      ['DELETE', `/v1/things/${'x'.repeat(1300)}`, 414, 'APIGW.0201'],
      ['GET', `/v1/things?x=${'x'.repeat(8200)}`, 414, 'APIGW.0201'],
    ] as const;
    for (const [method, url, status, code] of cases) {
      const answer = await app.inject({ method, url, headers: token });
      assert.equal(answer.statusCode, status, `${method} ${url.slice(0, 40)}`);
      assert.match(String(answer.headers['x-request-id']), /^[0-9a-f]{32}$/);
      if (code) assert.equal(answer.json().request_id, answer.headers['x-request-id']);
      if (code) assert.equal(answer.json().error_code, code);
    }
    const answer = await app.inject({ method: 'PUT', url: '/v1/things' });
    assert.equal(answer.headers.allow, 'GET, POST');
  });

  test('lets a service answer unknown methods of its own paths', async () => {
    const app = createHttpApp({ random: systemRandom, log: silentLog });
    const definition = { status: 405, code: 'KMS.0215', message: 'Request method not supported.' };
    const options = {
      dialect: 'kms',
      accessDenied: () => new ServiceError('kms', definition),
      unknownError: definition,
      invalid: () => new ServiceError('kms', definition),
      unknownMethod: new ServiceError('kms', definition),
      log: silentLog,
    } as const;
    await registerApi(app, options, (api) => {
      api.post('/v1.0/:project_id/kms/list-keys', async () => ({}));
    });
    const answer = await app.inject('/v1.0/p/kms/list-keys?x=1');
    assert.equal(answer.statusCode, 405);
    assert.deepEqual(answer.json(), { error: { error_code: 'KMS.0215', error_msg: definition.message } });
    assert.equal(answer.headers.allow, 'POST');
  });

  test('does not read a body that goes nowhere', async () => {
    const app = await start();
    assert.equal((await post(app, '/v1/nothing', '{', { 'content-type': 'application/json' })).status, 404);
    assert.equal((await post(app, '/v1/nothing', '{', { 'content-type': '///' })).status, 400);
    const wrong = await post(app, '/v1/things', '{}', { 'content-type': '///' });
    assert.match(wrong.body.error_msg, /body\|Content-Type\|mediaType\|must be application\/json/);
  });

  test('refuses a body over the limit of its operation', async () => {
    const app = await start();
    for (const [url, limit] of [
      ['/v1/things', 65_536],
      ['/v1/things/1/small', 1_000],
    ] as const) {
      const name = 'x'.repeat(limit - 11);
      assert.equal((await post(app, url, JSON.stringify({ name }))).status, 200);
      const { status, body } = await post(app, url, JSON.stringify({ name: `${name}x` }));
      assert.equal(status, 413);
      assert.equal(body.error_code, 'APIGW.0201');
      assert.match(body.error_msg, new RegExp(`At most ${limit} bytes`));
    }
  });
});

describe('the description', () => {
  test('lists the operations with their security and errors', async () => {
    const app = await start();
    const document = (await app.inject('/openapi.json')).json();
    assert.equal(document.openapi, '3.1.0');
    assert.equal(document.paths['/v1/things'].post.operationId, 'createThing');
    assert.deepEqual(document.security, [{ XAuthToken: [] }, { AkSk: [] }]);
    const { schema } = document.paths['/v1/things'].post.responses.default.content['application/json'];
    assert.deepEqual(schema.required, ['error_code', 'error_msg']);
    assert.equal(document.paths['/docs'], undefined);
  });
});

test('an unavailable database is 503 with Retry-After, in the words of the service', async () => {
  const app = await start();
  const answer = await app.inject({ url: '/v1/things/1/stored', headers: { 'x-auth-token': 'x' } });
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.headers['retry-after'], '2');
  assert.deepEqual(answer.json(), {
    error_code: 'PCA.00010001',
    error_msg: 'The service is temporarily unavailable. Try again.',
  });
});
