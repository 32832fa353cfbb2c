import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type KeyAlgorithm, signatureAlgorithmFor } from '../algorithms.ts';
import { fixtureFrom, type Holder, issueCa } from '../authority.fixture.ts';
import { verifyStructure } from '../certificate/signed-structure.ts';
import { children, der, readDer } from '../der/index.ts';
import type { Signer } from '../keys/signer.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import {
  type BuiltCrl,
  buildCrl,
  type CrlContents,
  type CrlEntry,
  type CrlReason,
  issuingDistributionPointExtension,
  memorySpool,
  parseCrl,
} from './index.ts';

const day = 86_400_000;
const reasons: readonly CrlReason[] = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
  'aACompromise',
];

const ca = await issueCa('CRL issuer');

function contentsOf({ certificate, signer }: Holder, overrides: Partial<CrlContents> = {}): CrlContents {
  return {
    issuer: certificate.subjectDer,
    thisUpdateMs: fixtureFrom,
    nextUpdateMs: fixtureFrom + 7 * day,
    number: 1n,
    authorityKeyIdentifier: certificate.known.subjectKeyIdentifier!,
    signatureAlgorithm: signatureAlgorithmFor(signer.keyAlgorithm),
    ...overrides,
  };
}

async function octetsOf(crl: BuiltCrl): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of crl.pieces()) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function build(
  entries: Iterable<CrlEntry>,
  overrides: Partial<CrlContents> = {},
  holder: Holder = ca,
): Promise<Buffer> {
  const built = await buildCrl(contentsOf(holder, overrides), entries, holder.signer, memorySpool());
  const octets = await octetsOf(built);
  assert.equal(octets.length, built.byteLength);
  return octets;
}

const entry: CrlEntry = { serialNumber: 5n, revokedMs: fixtureFrom, reason: 'keyCompromise' };

test('a CRL reads back as it was built', async () => {
  const someEntries = fc.array(
    fc.record(
      {
        serialNumber: fc.bigInt({ min: 1n, max: 2n ** 159n - 1n }),
        revokedMs: fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000),
        reason: fc.constantFrom(...reasons),
      },
      { noNullPrototype: true },
    ),
    { maxLength: 20 },
  );
  const property = fc.asyncProperty(
    someEntries,
    fc.bigInt({ min: 0n, max: 2n ** 159n - 1n }),
    async (entries, number) => {
      const crl = parseCrl(await build(entries, { number }));
      assert.deepEqual(crl.revoked, entries);
      assert.equal(crl.number, number);
      assert.equal(await verifyStructure(crl, ca.certificate.spki), true);
    },
  );
  await fc.assert(property, { numRuns: 50 });
});

test('what stands around the entries: version 2, issuer octet by octet, times, number and key of the issuer', async () => {
  const crl = parseCrl(await build([entry], { number: 7n }));
  assert.equal(crl.version, 2);
  assert.deepEqual(Buffer.from(crl.issuerDer), Buffer.from(ca.certificate.subjectDer));
  assert.equal(crl.thisUpdateMs, fixtureFrom);
  assert.equal(crl.nextUpdateMs, fixtureFrom + 7 * day);
  assert.equal(crl.number, 7n);
  assert.equal(crl.baseNumber, undefined);
  assert.deepEqual(
    Buffer.from(crl.authorityKeyIdentifier!.keyIdentifier!),
    Buffer.from(ca.certificate.known.subjectKeyIdentifier!),
  );
  assert.deepEqual(crl.unknownCriticalExtensions, []);
});

for (const algorithm of ['RSA2048', 'EC384', 'SM2', 'ED25519', 'MLDSA44'] satisfies KeyAlgorithm[]) {
  test(`a CRL is signed with ${algorithm}, piece by piece or whole`, async () => {
    const holder = await issueCa('Other', undefined, { algorithm });
    const { signPieces: _, ...whole } = holder.signer;
    for (const signer of [holder.signer, whole] satisfies Signer[]) {
      const built = await buildCrl(contentsOf(holder), [entry], signer, memorySpool());
      const crl = parseCrl(await octetsOf(built));
      assert.equal(await verifyStructure(crl, holder.certificate.spki), true);
      assert.equal(await verifyStructure(crl, ca.certificate.spki).catch(() => false), false);
    }
  });
}

test('without an entry the list is absent (RFC 5280 §5.1.2.6)', async () => {
  const octets = await build([]);
  const [tbs] = children(readDer(octets));
  assert.deepEqual(
    children(tbs!).map(({ tag }) => tag),
    [0x02, 0x30, 0x30, 0x17, 0x17, 0xa0],
  );
  assert.deepEqual(parseCrl(octets).revoked, []);
});

test('the reason unspecified is not written (RFC 5280 §5.3.1)', async () => {
  const octets = await build([{ ...entry, reason: 'unspecified' }]);
  assert.equal(octets.includes(der.oid(oids.reasonCode)), false);
  assert.equal((await build([entry])).includes(der.oid(oids.reasonCode)), true);
});

test('a delta names its base critically and may take entries off; a complete CRL may not', async () => {
  const removed: CrlEntry = { ...entry, reason: 'removeFromCRL' };
  const delta = parseCrl(await build([removed], { number: 9n, baseNumber: 8n }));
  assert.equal(delta.baseNumber, 8n);
  assert.equal(delta.revoked[0]?.reason, 'removeFromCRL');
  await assert.rejects(build([removed]), /removeFromCRL is for deltas/);
  await assert.rejects(build([], { number: 8n, baseNumber: 8n }), MalformedError);
  await assert.rejects(
    build([], { number: 9n, baseNumber: 8n, freshestCrl: ['http://x.example/d'] }),
    MalformedError,
  );
});

test('a complete CRL says where its deltas are; a partial one says critically what it covers', async () => {
  const uri = 'http://crl.example.com/delta.crl';
  const complete = parseCrl(await build([], { freshestCrl: [uri] }));
  assert.deepEqual(complete.freshestCrl?.[0]?.fullName, [{ type: 'URI', value: uri }]);
  for (const contains of ['users', 'authorities', undefined] as const) {
    const extension = issuingDistributionPointExtension([uri], contains);
    assert.equal(extension.critical, true);
    const { issuingDistributionPoint: point } = parseCrl(
      await build([], { issuingDistributionPoint: extension }),
    );
    assert.deepEqual(point?.fullName, [{ type: 'URI', value: uri }]);
    assert.equal(point?.onlyContainsUserCerts, contains === 'users');
    assert.equal(point?.onlyContainsCaCerts, contains === 'authorities');
  }
  assert.throws(() => issuingDistributionPointExtension([]), MalformedError);
});

test('what RFC 5280 does not allow is not built', async () => {
  await assert.rejects(build([], { nextUpdateMs: fixtureFrom }), MalformedError);
  await assert.rejects(build([], { number: -1n }), MalformedError);
  await assert.rejects(build([], { number: 1n << 159n }), MalformedError);
});

test('entries pass in pieces of bounded size, encoded once', async () => {
  const count = 20_000;
  let taken = 0;
  async function* entries(): AsyncGenerator<CrlEntry> {
    for (; taken < count; taken++) yield { ...entry, serialNumber: BigInt(taken + 1) };
  }
  const spool = memorySpool();
  let largest = 0;
  const watched = {
    ...spool,
    append(octets: Uint8Array) {
      largest = Math.max(largest, octets.length);
      return spool.append(octets);
    },
  };
  const built = await buildCrl(contentsOf(ca), entries(), ca.signer, watched);
  assert.equal(taken, count);
  assert.equal(built.entryCount, count);
  assert.ok(largest > 0 && largest < 70_000, `${largest}`);
  const crl = parseCrl(await octetsOf(built));
  assert.equal(crl.revoked.length, count);
  assert.equal(await verifyStructure(crl, ca.certificate.spki), true);
  assert.deepEqual(await octetsOf(built), await octetsOf(built));
});

test('errors of the source, the spool and the signer pass', async () => {
  const failing = new Error('out of order');
  const contents = contentsOf(ca);
  async function* source(): AsyncGenerator<CrlEntry> {
    yield entry;
    throw failing;
  }
  await assert.rejects(buildCrl(contents, source(), ca.signer, memorySpool()), failing);
  const spool = { ...memorySpool(), append: () => Promise.reject(failing) };
  await assert.rejects(buildCrl(contents, [entry], ca.signer, spool), failing);
  const signer = { ...ca.signer, signPieces: () => Promise.reject(failing) };
  await assert.rejects(buildCrl(contents, [entry], signer, memorySpool()), failing);
});

test('malformed CRLs are refused', async () => {
  const [tbs, algorithm, signature] = children(readDer(await build([entry])));
  const parts = children(tbs!).map(({ raw }) => raw);
  const altered = (change: (parts: Uint8Array[]) => Uint8Array[]) =>
    parseCrl(der.sequence(der.sequence(...change(parts)), algorithm!.raw, signature!.raw));
  assert.doesNotThrow(() => altered((same) => same));
  const number = (...extensions: Uint8Array[]) => der.explicit(0, der.sequence(...extensions));
  const badNumber = der.sequence(der.oid(oids.crlNumber), der.octetString(der.integer(-1)));
  const badReason = der.sequence(der.oid(oids.reasonCode), der.octetString(der.enumerated(7)));
  const entryWith = (extension: Uint8Array) =>
    der.sequence(der.sequence(der.integer(1), der.time(fixtureFrom), der.sequence(extension)));
  const wrong: Record<string, (given: Uint8Array[]) => Uint8Array[]> = {
    'version 3': (given) => given.with(0, der.integer(2)),
    'extensions in version 1': (given) => given.slice(1),
    'other algorithm inside': (given) => given.with(1, signatureAlgorithmFor('EC384').identifier),
    'no issuer': (given) => given.with(2, der.sequence()),
    'no date': (given) => given.toSpliced(3, 2),
    'empty list': (given) => given.with(5, der.sequence()),
    'reason 7': (given) => given.with(5, entryWith(badReason)),
    'negative number': (given) => given.with(6, number(badNumber)),
    'no extension': (given) => given.with(6, number()),
    'something more': (given) => [...given, der.nullValue()],
  };
  for (const [what, change] of Object.entries(wrong)) {
    assert.throws(() => altered(change), MalformedError, what);
  }
  const unknown = der.sequence(der.oid('2.25.1'), der.boolean(true), der.octetString(der.nullValue()));
  const certificateIssuer = der.sequence(
    der.oid(oids.certificateIssuer),
    der.boolean(true),
    der.octetString(der.nullValue()),
  );
  const crl = altered((given) => given.with(5, entryWith(certificateIssuer)).with(6, number(unknown)));
  assert.deepEqual(crl.unknownCriticalExtensions, [oids.certificateIssuer, '2.25.1']);
});

test('a damaged CRL is read or refused by MalformedError', async () => {
  const octets = await build([entry], {
    issuingDistributionPoint: issuingDistributionPointExtension(['http://a.example/']),
    freshestCrl: ['http://a.example/d'],
  });
  fc.assert(
    fc.property(fc.nat(octets.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = Buffer.from(octets);
      damaged[at]! ^= flip;
      try {
        parseCrl(damaged);
      } catch (error) {
        assert.ok(error instanceof MalformedError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
