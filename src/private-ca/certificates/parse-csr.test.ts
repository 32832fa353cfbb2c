import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type KeyAlgorithm, nameFromAttributes, parsePem } from '../../pki/index.ts';
import { assertRefused } from '../authorities/authorities.fixture.ts';
import { csrOf, newSigner, openSqliteBench, path } from './certificates.fixture.ts';
import type { ParsedCsr } from './parse-csr.ts';

const bench = await openSqliteBench();
const account = bench.account();
const parse = (csr: unknown) => account.send<ParsedCsr>('POST', `${path}/csr/parse`, { csr });
const refused = (csr: unknown) => account.send('POST', `${path}/csr/parse`, { csr });

// The request of the reference's example of 4.2.2.4, with its newlines as the characters \ and n.
const referenceCsr =
  '-----BEGIN CERTIFICATE REQUEST-----\\nMIICyTCCAbECAQAwXjELMAkGA1UEBhMCQ04xEDAOBgNVBAgTB3NpY2hhdW4xEDAO\\nBgNVBAcTB2NoZW5nZHUxCzAJBgNVBAoTAkhXMQswCQYDVQQLEwJJVDERMA8GA1UE\\nAxMIdGVzdC5jb20wggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQCZ4q5z\\nxqK/L/FC9x2jESeUW5GB6zS5rVxT0WLTCTv9d1LtWBLsRIinATYTYiP1pNo4/pBq\\nHlM3IiUDkc896CJerYlNzOIjTaV4GjCZvPrxSHU5toJvIDflBsY+gnzbT1ol/y0r\\n3yb9dx7eeF5rPR+U8RTw+Ov/ZNRb+0CY30hrXMdrWjp5dtLGTlr5EFYxlKNOPCkR\\n+6BGyJnC9PWSuqwsykFbgMRkcBaNAxa59dRhMF50pvx2Vs929vFrMi+ofDELUOqz\\n1vyjaEA3pn3AGJGXZgrGNbSfz12ixgGLes4cQD21GCIAWgnBQ7b1ru2V8ImUfyh0\\nyvTEyHJTuFbQ+257AgMBAAGgJjAkBgkqhkiG9w0BCQ4xFzAVMBMGA1UdEQQMMAqC\\nCHRlc3QuY29tMA0GCSqGSIb3DQEBCwUAA4IBAQBKfjZuYsz4s0wb1POIWn41eiAB\\np53qb63QKWILN9z8dLktcdSl3lPfcfPZpXv++QPtn3LR9rJKBawusk6SPXbvOGgS\\n5J+6eM8kVW2O3gHFgoaMcPYVtiO7ekG6o25qx6+Rj84wbFdmpOiCc8AwrLEBwzYV\\np1zaprWQu6PxBulkYPa3FLcntDdi7B67r0YTpxVvo1K7vHYFboDvPz7xG57QIFIM\\nwGd1OegariMT3N8gBOzLZc+jqLpxgo4xoNqBHMo6DEmKLdWdzU4ljpuGK9had99k\\nvQ5vft/Qra3v1uq2lOm/G92b0uA9Y1t2bMHobtAnuXL0HmY9XcLdzpC3f8h8\\n-----END CERTIFICATE REQUEST-----';

test("the reference's example: names as Java writes them, lengths in bits, what is in the CSR", async () => {
  const { status, body } = await parse(referenceCsr);
  assert.equal(status, 200);
  assert.deepEqual(
    { ...body, public_key: undefined },
    {
      key_algorithm: 'RSA',
      key_algorithm_length: 2048,
      signature_algorithm: 'SHA256withRSA',
      public_key: undefined,
      distinguished_name: {
        common_name: 'test.com',
        country: 'CN',
        state: 'sichaun',
        locality: 'chengdu',
        organization: 'HW',
        organizational_unit: 'IT',
      },
    },
  );
});

test('public_key is PEM with CRLF, also at its end, and has at most 4096 characters', async () => {
  const signer = await newSigner('RSA4096');
  const { public_key } = (await parse(await csrOf({ signer }))).body;
  assert.match(
    public_key,
    /^-----BEGIN PUBLIC KEY-----\r\n([A-Za-z0-9+/=]{1,64}\r\n)+-----END PUBLIC KEY-----\r\n$/,
  );
  assert.ok(public_key.length <= 4096);
  assert.deepEqual(Buffer.from(parsePem(public_key)[0]!.der), Buffer.from(signer.publicKeySpki));
});

test('names of the other algorithms follow the same style', async () => {
  const expected: [KeyAlgorithm, unknown[]][] = [
    ['EC256', ['EC', 256, 'SHA256withECDSA']],
    ['EC384', ['EC', 384, 'SHA384withECDSA']],
    ['SM2', ['SM2', 256, 'SM3withSM2']],
  ];
  for (const [keyAlgorithm, values] of expected) {
    const { body } = await parse(await csrOf({ keyAlgorithm }));
    assert.deepEqual([body.key_algorithm, body.key_algorithm_length, body.signature_algorithm], values);
  }
});

test('attributes that the subject lacks are null', async () => {
  const { body } = await parse(await csrOf({ subject: nameFromAttributes({ organization: 'only' }) }));
  assert.deepEqual(body.distinguished_name, {
    common_name: null,
    country: null,
    state: null,
    locality: null,
    organization: 'only',
    organizational_unit: null,
  });
});

test('no identity-policy permission is required', async () => {
  const before = bench.asked.length;
  assert.equal((await parse(await csrOf())).status, 200);
  assert.equal(bench.asked.length, before);
});

test('the CSR has at most 5120 characters, with newlines as LF, CRLF or characters', async () => {
  const csr = await csrOf();
  for (const newline of ['\n', '\r\n', '\\n', '\\r\\n']) {
    assert.equal((await parse(csr.replaceAll('\n', newline))).status, 200);
  }
  assertRefused(await refused(csr.padEnd(5121, '\n')), 400, 'PCA.00020401', /csr/);
});

test('an incorrect CSR gives PCA.00020401', async () => {
  const csr = await csrOf();
  const der = Buffer.from(parsePem(csr)[0]!.der);
  der[der.length - 1]! ^= 1;
  const tampered = csr.replace(/\n[\s\S]*\n-----END/, `\n${der.toString('base64')}\n-----END`);
  for (const wrong of ['', 'hello', csr.slice(30), tampered, 5, null, undefined]) {
    assertRefused(await refused(wrong), 400, 'PCA.00020401', /csr/);
  }
});
