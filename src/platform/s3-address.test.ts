import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from './config.ts';
import { parseS3Address } from './s3-address.ts';
import { StartRefused } from './start-refused.ts';

test('an address has host, keys and region, and what else is not as usual', () => {
  assert.deepEqual(parseS3Address('s3://KEY:se%2Fcret%2B@obs.cn-north-4.example.test/?region=cn-north-4'), {
    host: 'obs.cn-north-4.example.test',
    tls: true,
    region: 'cn-north-4',
    accessKey: 'KEY',
    secretKey: 'se/cret+',
    pathStyle: false,
    publicRead: false,
    publicUrl: undefined,
  });
  assert.partialDeepStrictEqual(
    parseS3Address(
      's3://K:S@[::1]:9000?tls=0&path_style=1&public_read=1&public_url=http://crl.example.test/a/',
    ),
    {
      host: '[::1]:9000',
      tls: false,
      region: 'us-east-1',
      pathStyle: true,
      publicRead: true,
      publicUrl: 'http://crl.example.test/a',
    },
  );
});

for (const [address, problem] of [
  ['http://K:secret@host', /must be s3:/],
  ['s3://host', /must be s3:/],
  ['s3://K@host', /must be s3:/],
  ['s3://K:sec/ret@host', /must be s3:.*%2F/],
  ['s3://K:secret%@host', /% in the keys written as %25/],
  ['s3://K:secret@host/bucket', /no path/],
  ['s3://K:secret@host/?secret=1', /unknown parameter/],
  ['s3://K:secret@host/?tls=yes', /0 or 1 as tls/],
  ['s3://K:secret@host/?path_style=true', /0 or 1 as path_style/],
  ['s3://K:secret@host/?public_read=2', /0 or 1 as public_read/],
  ['s3://K:secret@host/?public_url=https://crl.example.test', /http:\/\/ as public_url/],
  ['nonsense', /must be s3:/],
] as const)
  test(`${address} is refused without being repeated`, () => {
    assert.throws(
      () => readConfig({ OPENCCM_OBS_URL: address }),
      (error) =>
        error instanceof StartRefused &&
        /^OPENCCM_OBS_URL /.test(error.message) &&
        problem.test(error.message) &&
        !/secret/.test(error.message),
    );
  });

test('without an address buckets are in a folder', () => {
  assert.equal(readConfig({}).objectStore, undefined);
});
