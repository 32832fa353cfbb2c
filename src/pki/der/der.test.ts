import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MalformedError } from '../malformed-error.ts';
import { toBigInt, toBitString, toBoolean, toNamedBits, toOid, toSmallInt, toTime } from './primitives.ts';
import { children, type DerValue, derCursor, readDer } from './reader.ts';
import { tags } from './tags.ts';
import { toText } from './text.ts';
import * as der from './writer.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const refuses = (text: string) => assert.throws(() => readDer(hex(text)), MalformedError, text);

function touchEverything(value: DerValue): void {
  const getters = [toBigInt, toSmallInt, toOid, toBitString, toBoolean, toNamedBits, toTime, toText];
  for (const getter of getters) {
    try {
      getter(value);
    } catch (error) {
      assert.ok(error instanceof MalformedError);
    }
  }
  if (value.tag & 0x20) children(value).forEach(touchEverything);
}

test('arbitrary bytes end in a value or a MalformedError, whatever is then asked of it', () => {
  const nearlyDer = fc
    .tuple(
      fc.array(fc.uint8Array({ maxLength: 6 }), { maxLength: 5 }),
      fc.constantFrom(0x30, 0x31, 0xa0, 0x03, 0x17),
    )
    .map(([parts, tag]) => der.tagged(tag, ...parts));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), nearlyDer), (bytes) => {
      try {
        touchEverything(readDer(bytes));
      } catch (error) {
        assert.ok(error instanceof MalformedError);
      }
    }),
    { numRuns: 2000 },
  );
});

test('reading what was written is the identity', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }), (n) => {
      assert.equal(toBigInt(readDer(der.integer(n))), n);
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 47), max: 2 ** 47 - 1 }), (n) => {
      assert.equal(toSmallInt(readDer(der.integer(n))), n);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.equal(toText(readDer(der.utf8String(text))), text);
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 40 }), (bits) => {
      assert.deepEqual(
        toNamedBits(readDer(der.namedBitString(bits))),
        bits.slice(0, bits.lastIndexOf(true) + 1),
      );
    }),
  );
  const arcs = fc.array(fc.bigInt({ min: 0n, max: 2n ** 128n }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(arcs, (rest) => {
      const dotted = `2.${rest.join('.')}`;
      assert.equal(toOid(readDer(der.oid(dotted))), dotted);
    }),
  );
  const seconds = fc.integer({ min: Date.UTC(1000, 0) / 1000, max: Date.UTC(9999, 11, 31) / 1000 });
  fc.assert(
    fc.property(seconds, (second) => assert.equal(toTime(readDer(der.time(second * 1000))), second * 1000)),
  );
});

test('lengths and nesting survive', () => {
  for (const length of [0, 127, 128, 255, 256, 65_535, 65_536, 16_777_216]) {
    const value = readDer(der.octetString(new Uint8Array(length)));
    assert.equal(value.value.length, length);
    assert.equal(value.raw.length, value.headerLength + length);
  }
  let nested = der.sequence();
  for (let depth = 1; depth < 32; depth++) nested = der.sequence(nested);
  readDer(nested);
  assert.throws(() => readDer(der.sequence(nested)), /too deeply/);
});

test('what BER allows and DER does not is refused', () => {
  refuses('');
  refuses('02');
  refuses('0201');
  refuses('020101 00');
  refuses('30 80 0000');
  refuses('04 8101 00');
  refuses('04 820080' + '00'.repeat(128));
  refuses('04 85 0000000001 00');
  refuses('1f 81 01 00');
  refuses('02 02 0001');
  refuses('02 02 ff80');
  refuses('02 00');
  refuses('01 01 01');
  refuses('01 02 0000');
  refuses('05 01 00');
  refuses('06 00');
  refuses('06 01 80');
  refuses('06 03 2a 80 01');
  refuses('03 00');
  refuses('03 01 01');
  refuses('03 02 01 01');
  refuses('03 02 08 00');
  refuses('24 03 040100');
  refuses('10 00');
  refuses('30 02 0000');
  refuses('30 03 02 02 01');
});

test('known encodings', () => {
  assert.deepEqual(der.oid('1.2.840.113549.1.1.11'), hex('06092a864886f70d01010b'));
  assert.deepEqual(der.integer(128), hex('02020080'));
  assert.deepEqual(der.integer(-129), hex('0202ff7f'));
  assert.deepEqual(der.integer(Uint8Array.of(0, 0, 0x80)), hex('02020080'));
  assert.deepEqual(der.namedBitString([false, false, false, false, false, true, true]), hex('03020106'));
  assert.deepEqual(der.namedBitString([]), hex('030100'));
  assert.deepEqual(der.bmpString('é☃'), hex('1e0400e92603'));
  assert.equal(toText(readDer(hex('1e0400e92603'))), 'é☃');
  assert.deepEqual(der.setOf([der.integer(2), der.integer(1)]), hex('3106020101020102'));
  for (const wrong of ['', '1', '3.1', '1.40', '1.2.', '1.02', '1..2', 'a.b', `1.2.${'9'.repeat(60)}`]) {
    assert.throws(() => der.oid(wrong), MalformedError, wrong);
  }
});

test('times turn from UTCTime to GeneralizedTime at 2050, and impossible ones are refused', () => {
  assert.equal(der.time(Date.UTC(2049, 11, 31, 23, 59, 59))[0], tags.utcTime);
  assert.equal(der.time(Date.UTC(2050, 0, 1))[0], tags.generalizedTime);
  assert.equal(der.time(Date.UTC(1949, 11, 31))[0], tags.generalizedTime);
  assert.equal(toTime(readDer(der.utcTime(Date.UTC(1950, 0, 1)))), Date.UTC(1950, 0, 1));
  const asTime = (tag: number, text: string) => toTime(readDer(der.tagged(tag, Buffer.from(text))));
  assert.equal(asTime(tags.generalizedTime, '99991231235959Z'), Date.UTC(9999, 11, 31, 23, 59, 59));
  for (const wrong of ['2502291200Z', '250229120000Z', '251301000000Z', '250101240000Z', '250101000060Z']) {
    assert.throws(() => asTime(tags.utcTime, wrong), MalformedError, wrong);
  }
  for (const wrong of ['20250101000000', '20250101000000.5Z', '20250101000000+0000', '00010101000000Z ']) {
    assert.throws(() => asTime(tags.generalizedTime, wrong), MalformedError, wrong);
  }
});

test('a cursor demands order, kind and an end', () => {
  const cursor = derCursor(readDer(der.sequence(der.integer(1), der.boolean(true))));
  assert.equal(cursor.takeOptional(tags.boolean), undefined);
  assert.throws(() => derCursor(readDer(der.sequence(der.integer(1)))).take(tags.oid), MalformedError);
  assert.equal(toSmallInt(cursor.take(tags.integer)), 1);
  assert.throws(() => cursor.end(), MalformedError);
  assert.equal(toBoolean(cursor.take(tags.boolean)), true);
  cursor.end();
  assert.throws(() => cursor.takeAny(), MalformedError);
  assert.throws(() => derCursor(readDer(der.integer(1))), MalformedError);
});

test('text of each string type keeps to its characters', () => {
  const text = (tag: number, content: string) => () => toText(readDer(der.tagged(tag, hex(content))));
  assert.throws(text(tags.utf8String, 'c0af'), MalformedError);
  assert.throws(text(tags.utf8String, 'eda080'), MalformedError);
  assert.throws(text(tags.printableString, '40'), MalformedError);
  assert.throws(text(tags.ia5String, '80'), MalformedError);
  assert.throws(text(tags.numericString, '41'), MalformedError);
  assert.throws(text(tags.bmpString, 'd800'), MalformedError);
  assert.throws(text(tags.bmpString, '00'), MalformedError);
  assert.throws(text(tags.universalString, '00110000'), MalformedError);
  assert.throws(text(tags.octetString, '41'), MalformedError);
  assert.equal(text(tags.teletexString, 'e9')(), 'é');
  assert.equal(text(tags.universalString, '0001f600')(), '😀');
  assert.equal(text(tags.utf8String, 'efbbbf41')(), '\ufeffA');
});

test('named bits are not spread out by the hundred thousand', () => {
  const bits = (bytes: number) => readDer(der.bitString(new Uint8Array(bytes).fill(1)));
  assert.equal(toNamedBits(bits(8)).length, 64);
  assert.throws(() => toNamedBits(bits(9)), /too many named bits/);
});
