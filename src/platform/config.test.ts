import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Environment, readConfig } from './config.ts';
import { StartRefused } from './start-refused.ts';

function problemsOf(environment: Environment): string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    assert.ok(error instanceof StartRefused);
    return error.message.split('\n');
  }
}

test('an empty environment gives a server for this machine only', () => {
  const config = readConfig({ PATH: '/bin', OPENCCM_DATABASE_URL: '' });
  assert.partialDeepStrictEqual(config, {
    dataDir: './data',
    host: '127.0.0.1',
    httpsPort: 8443,
    httpPort: 8080,
    databaseUrl: undefined,
    masterKey: undefined,
    devClock: false,
    httpApi: false,
    logLevel: 'info',
  });
  assert.equal(config.bootstrap.projectName, 'cn-north-4');
});

test('variables are taken over', () => {
  const config = readConfig({
    OPENCCM_HTTPS_PORT: '0',
    OPENCCM_HTTP_PORT: '0',
    OPENCCM_PUBLIC_URL: 'https://ccm.example.test/',
    OPENCCM_PUBLIC_HTTP_URL: 'http://pki.example.test',
    OPENCCM_DATABASE_URL: 'postgres://u:p@db/ccm',
    OPENCCM_MASTER_KEY_FILE: '/keys/master',
    OPENCCM_DEV_CLOCK: '1',
    OPENCCM_LOG_LEVEL: 'debug',
    OPENCCM_TEST_ROUNDS: '3',
  });
  assert.partialDeepStrictEqual(config, {
    httpsPort: 0,
    publicUrl: 'https://ccm.example.test',
    publicHttpUrl: 'http://pki.example.test',
    databaseUrl: 'postgres://u:p@db/ccm',
    masterKey: { file: '/keys/master' },
    devClock: true,
    logLevel: 'debug',
  });
});

test('all problems are told at once, by the name of the variable and without its value', () => {
  const problems = problemsOf({
    OPENCCM_HTTPS_PORT: '70000',
    OPENCCM_HTTP_PORT: 'secret',
    OPENCCM_PUBLIC_HTTP_URL: 'https://secret',
    OPENCCM_DATABASE_URL: 'mysql://secret',
    OPENCCM_DATABASE_POOL_SIZE: '0',
    OPENCCM_DEV_CLOCK: 'secret',
    OPENCCM_LOG_LEVEL: 'secret',
    OPENCCM_MASTER_KEY_FILE: 'secret',
    OPENCCM_MASTER_KEY: 'secret',
    OPENCCM_BOOTSTRAP_ACCESS_KEY: 'secret',
    OPENCCM_BOOTSTRAP: 'secret',
    OPENCCM_NONSENSE: 'secret',
  });
  assert.deepEqual(problems, [
    'OPENCCM_HTTPS_PORT must be a whole number from 0 to 65535',
    'OPENCCM_HTTP_PORT must be a whole number from 0 to 65535',
    'OPENCCM_PUBLIC_HTTP_URL must be an address that begins with http://',
    'OPENCCM_DATABASE_URL must be postgres://user:password@host:port/database; several hosts are separated by commas',
    'OPENCCM_DATABASE_POOL_SIZE must be a whole number from 1 to 1000',
    'OPENCCM_MASTER_KEY and OPENCCM_MASTER_KEY_FILE exclude each other',
    'OPENCCM_DEV_CLOCK must be 0 or 1',
    'OPENCCM_LOG_LEVEL must be one of debug, info, warn, error, silent',
    'OPENCCM_BOOTSTRAP_ACCESS_KEY and OPENCCM_BOOTSTRAP_SECRET_KEY are set together or not at all',
    'OPENCCM_BOOTSTRAP is no variable of OpenCCM; did you mean OPENCCM_BOOTSTRAP_ACCOUNT?',
    'OPENCCM_NONSENSE is no variable of OpenCCM',
  ]);
});

test('the first account may do without an access key', () => {
  assert.deepEqual(problemsOf({ OPENCCM_BOOTSTRAP_ACCESS_KEY: 'none' }), []);
  assert.equal(problemsOf({ OPENCCM_BOOTSTRAP_SECRET_KEY: 'x'.repeat(40) }).length, 1);
});

test('two listeners do not share a port', () => {
  assert.deepEqual(problemsOf({ OPENCCM_HTTPS_PORT: '8080' }), [
    'OPENCCM_HTTP_PORT must differ from OPENCCM_HTTPS_PORT',
  ]);
});

const hsm = {
  OPENCCM_PKCS11_MODULE: '/usr/lib/hsm.so',
  OPENCCM_PKCS11_TOKEN_LABEL: 'root keys',
  OPENCCM_PKCS11_PIN_FILE: '/run/secrets/pin',
  OPENCCM_PKCS11_CLUSTER_ID: 'cluster-1',
};

test('an HSM is named by its library, a token, a PIN and a cluster', () => {
  assert.equal(readConfig({}).pkcs11, undefined);
  assert.deepEqual(readConfig({ ...hsm, OPENCCM_MASTER_KEY_HSM: '1' }).pkcs11, {
    modulePath: '/usr/lib/hsm.so',
    token: { label: 'root keys' },
    pin: { file: '/run/secrets/pin' },
    clusterId: 'cluster-1',
    accountNames: undefined,
  });
  const accounts = readConfig({ ...hsm, OPENCCM_PKCS11_ACCOUNTS: 'one, other' }).pkcs11?.accountNames;
  assert.deepEqual(accounts, ['one', 'other']);
  const bySlot = { OPENCCM_PKCS11_TOKEN_LABEL: '', OPENCCM_PKCS11_SLOT: '3' };
  const byPin = { OPENCCM_PKCS11_PIN_FILE: '', OPENCCM_PKCS11_PIN: '1234' };
  assert.partialDeepStrictEqual(readConfig({ ...hsm, ...bySlot, ...byPin }).pkcs11, {
    token: { slotId: 3 },
    pin: { value: '1234' },
  });
});

test('what an HSM lacks is told', () => {
  const cases: [Environment, string][] = [
    [
      { OPENCCM_PKCS11_SLOT: '3' },
      'OPENCCM_PKCS11_TOKEN_LABEL or OPENCCM_PKCS11_SLOT is needed, one of them',
    ],
    [
      { OPENCCM_PKCS11_TOKEN_LABEL: '', OPENCCM_PKCS11_SLOT: 'secret' },
      'OPENCCM_PKCS11_SLOT must be the number of a slot',
    ],
    [
      { OPENCCM_PKCS11_PIN: 'secret' },
      'OPENCCM_PKCS11_PIN_FILE or OPENCCM_PKCS11_PIN is needed, one of them',
    ],
    [
      { OPENCCM_PKCS11_CLUSTER_ID: 'secret cluster' },
      'OPENCCM_PKCS11_CLUSTER_ID must name the HSM cluster: 1 to 64 letters, digits and -',
    ],
    [
      { OPENCCM_MASTER_KEY_HSM: '1', OPENCCM_MASTER_KEY: 'secret' },
      'OPENCCM_MASTER_KEY_HSM and OPENCCM_MASTER_KEY exclude each other',
    ],
  ];
  for (const [change, problem] of cases) assert.deepEqual(problemsOf({ ...hsm, ...change }), [problem]);
  assert.deepEqual(problemsOf({ OPENCCM_MASTER_KEY_HSM: '1' }), [
    'OPENCCM_MASTER_KEY_HSM needs an HSM: set OPENCCM_PKCS11_MODULE',
  ]);
});

test('prices are amounts with two decimals, zero unless they are set', () => {
  assert.deepEqual(readConfig({}).caPrices, { monthCents: 0, yearCents: 0, currency: 'CNY' });
  const prices = { OPENCCM_PRICE_CA_MONTH: '99.5', OPENCCM_PRICE_CA_YEAR: '1000', OPENCCM_CURRENCY: 'EUR' };
  assert.deepEqual(readConfig(prices).caPrices, { monthCents: 9_950, yearCents: 100_000, currency: 'EUR' });
  assert.deepEqual(problemsOf({ OPENCCM_PRICE_CA_MONTH: '1.005', OPENCCM_CURRENCY: 'euro' }), [
    'OPENCCM_PRICE_CA_MONTH must be an amount such as 120 or 99.50',
    'OPENCCM_CURRENCY must be three letters, such as EUR',
  ]);
});
