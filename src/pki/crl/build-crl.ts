import type { SignatureAlgorithm } from '../algorithms.ts';
import { type Extension, encodeExtensions } from '../certificate/extension.ts';
import { authorityKeyIdentifierExtension } from '../certificate/extensions/key-identifiers.ts';
import { der, tags } from '../der/index.ts';
import { signPieces } from '../keys/sign-pieces.ts';
import type { Signer } from '../keys/signer.ts';
import { MalformedError } from '../malformed-error.ts';
import { type DistinguishedName, encodeName } from '../names/distinguished-name.ts';
import { CrlEntries, type CrlEntry } from './crl-entries.ts';
import { crlNumberExtension, deltaCrlIndicatorExtension, freshestCrlExtension } from './crl-extensions.ts';
import type { CrlSpool } from './spool.ts';

/** What a CRL says beside its entries. */
export type CrlContents = {
  /** Given encoded: the subject of the issuer's certificate, octet by octet. */
  readonly issuer: DistinguishedName | Uint8Array;
  /** Milliseconds since 1970, cut to the second. */
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number;
  readonly number: bigint;
  /** Octets of the issuer's subjectKeyIdentifier. */
  readonly authorityKeyIdentifier: Uint8Array;
  /** Of a delta: the number of the complete CRL that it brings up to date. */
  readonly baseNumber?: bigint;
  /** Of a complete CRL: where its deltas are found. */
  readonly freshestCrl?: readonly string[];
  /** For a CRL that does not cover all certificates of its issuer. */
  readonly issuingDistributionPoint?: Extension;
  readonly signatureAlgorithm: SignatureAlgorithm;
};

/** A signed CRL, of which no more than a piece need be in memory. */
export type BuiltCrl = {
  readonly byteLength: number;
  readonly entryCount: number;
  /** The DER in order, from the beginning each time it is called, as long as the spool can be read. */
  pieces(): AsyncIterable<Uint8Array>;
};

const version2 = der.integer(1);

function encodeCrlExtensions(contents: CrlContents): Uint8Array {
  const { baseNumber, freshestCrl, issuingDistributionPoint } = contents;
  // RFC 5280 §5.2.6: freshestCRL must not stand in a delta.
  if (baseNumber !== undefined && freshestCrl !== undefined)
    throw new MalformedError('a delta has no deltas');
  if (baseNumber !== undefined && baseNumber >= contents.number)
    throw new MalformedError('delta of a later CRL');
  return encodeExtensions([
    authorityKeyIdentifierExtension(contents.authorityKeyIdentifier),
    crlNumberExtension(contents.number),
    ...(baseNumber === undefined ? [] : [deltaCrlIndicatorExtension(baseNumber)]),
    ...(issuingDistributionPoint === undefined ? [] : [issuingDistributionPoint]),
    ...(freshestCrl === undefined ? [] : [freshestCrlExtension(freshestCrl)]),
  ]);
}

function encodeHead(contents: CrlContents): Uint8Array {
  const { issuer, signatureAlgorithm, thisUpdateMs, nextUpdateMs } = contents;
  if (nextUpdateMs <= thisUpdateMs) throw new MalformedError('next update is not after this update');
  return der.raw(
    version2,
    signatureAlgorithm.identifier,
    issuer instanceof Uint8Array ? issuer : encodeName(issuer),
    der.time(thisUpdateMs),
    der.time(nextUpdateMs),
  );
}

/**
 * A CRL, version 2, of entries that come one by one. They are encoded once, into `spool`, because DER puts lengths first and a
 * second reading of their source might find others; a million take 40 MB there. Signing reads the spool piece by piece,
 * but for Ed25519 and ML-DSA, whose signers need the whole message in memory (see `signPieces`).
 * Throws MalformedError for what RFC 5280 does not allow; errors of the source, the spool and the signer pass.
 */
export async function buildCrl(
  contents: CrlContents,
  entries: AsyncIterable<CrlEntry> | Iterable<CrlEntry>,
  signer: Signer,
  spool: CrlSpool,
): Promise<BuiltCrl> {
  const head = encodeHead(contents);
  const tail = der.explicit(0, encodeCrlExtensions(contents));
  const spooled = new CrlEntries(spool, contents.baseNumber !== undefined);
  await spooled.addAll(entries);
  // RFC 5280 §5.1.2.6: where nothing is revoked the list is absent, not empty.
  const listHeader = spooled.count === 0 ? new Uint8Array() : der.header(tags.sequence, spooled.byteLength);
  const tbsLength = head.length + listHeader.length + spooled.byteLength + tail.length;
  const opening = der.raw(der.header(tags.sequence, tbsLength), head, listHeader);
  async function* tbs() {
    yield opening;
    yield* spool.read();
    yield tail;
  }
  const signature = await signPieces(signer, tbs(), contents.signatureAlgorithm);
  const closing = der.raw(contents.signatureAlgorithm.identifier, der.bitString(signature));
  const tbsOctets = opening.length + spooled.byteLength + tail.length;
  const outerHeader = der.header(tags.sequence, tbsOctets + closing.length);
  return {
    byteLength: outerHeader.length + tbsOctets + closing.length,
    entryCount: spooled.count,
    async *pieces() {
      yield outerHeader;
      yield* tbs();
      yield closing;
    },
  };
}
