import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MalformedError } from './malformed-error.ts';
import { encodePem, parsePem, parseSinglePem } from './pem.ts';

test('blocks survive with either newline, in order, with text around them', () => {
  const anyDer = fc.uint8Array({ minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(
      fc.array(anyDer, { minLength: 1, maxLength: 4 }),
      fc.constantFrom('\n', '\r\n'),
      (ders, newline) => {
        const text = ders
          .map((der) => `subject=x${newline}${encodePem('CERTIFICATE', der, newline)}`)
          .join(newline);
        assert.deepEqual(
          parsePem(text).map((block) => [...block.der]),
          ders.map((der) => [...der]),
        );
      },
    ),
  );
});

test('arbitrary text ends in blocks or a MalformedError', () => {
  const pieces = fc.constantFrom(
    '-----BEGIN A-----',
    '-----END A-----',
    '-----',
    'QUJD',
    'QQ==',
    ':',
    '\n',
    '\r\n',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 12 }), (parts) => {
      try {
        parsePem(parts.join(''));
      } catch (error) {
        assert.ok(error instanceof MalformedError);
      }
    }),
    { numRuns: 1000 },
  );
});

test('what is not strict PEM is refused', () => {
  const wrap = (body: string, begin = 'A', end = 'A') =>
    `-----BEGIN ${begin}-----\n${body}\n-----END ${end}-----\n`;
  const wrong = [
    '',
    'hello',
    wrap(''),
    wrap('QQ'),
    wrap('QR=='),
    wrap('Q*=='),
    wrap('QQ==QQ=='),
    wrap('QUJD', 'A', 'B'),
  ];
  for (const text of [
    ...wrong,
    '-----BEGIN A-----\nQUJD\n',
    '-----END A-----\n',
    wrap('QUJD\n-----BEGIN A-----'),
  ]) {
    assert.throws(() => parsePem(text), MalformedError, text);
  }
  assert.throws(() => parsePem(wrap('QUJD').repeat(3), 2), /more than 2/);
  assert.throws(() => parsePem('\n'.repeat(2_000_000)), /more than 65536 lines/);
  assert.throws(() => parsePem(wrap('QUJD', 'A '.repeat(100_000))), /not a BEGIN line/);
  assert.throws(() => parseSinglePem(wrap('QUJD'), 'B'), MalformedError);
  assert.throws(() => parseSinglePem(wrap('QUJD').repeat(2), 'A'), MalformedError);
});

test('RFC 1421 headers are kept apart from the body', () => {
  const text =
    '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nQUJD\n-----END RSA PRIVATE KEY-----';
  const [block] = parsePem(text);
  assert.deepEqual(block!.headers, { 'Proc-Type': '4,ENCRYPTED', 'DEK-Info': 'AES-256-CBC,00' });
  assert.equal(Buffer.from(block!.der).toString(), 'ABC');
});
