import { encodeExtensions } from '../certificate/extension.ts';
import { der } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { type CrlReason, encodeReason } from './reason.ts';
import type { CrlSpool } from './spool.ts';

/** One certificate on a CRL. */
export type CrlEntry = {
  readonly serialNumber: bigint | Uint8Array;
  /** Milliseconds since 1970, cut to the second. */
  readonly revokedMs: number;
  /** `unspecified` is not written: RFC 5280 §5.3.1 wants the extension absent then. */
  readonly reason: CrlReason;
};

/** Pieces are written when they have grown to this: a million entries would otherwise be a million writes. */
const pieceOctets = 64 * 1024;

const encodedReasons = new Map<CrlReason, Uint8Array>();

function reasonExtensions(reason: CrlReason): Uint8Array {
  let encoded = encodedReasons.get(reason);
  if (encoded === undefined) {
    encoded = encodeExtensions([{ oid: oids.reasonCode, critical: false, value: encodeReason(reason) }]);
    encodedReasons.set(reason, encoded);
  }
  return encoded;
}

function encodeEntry({ serialNumber, revokedMs, reason }: CrlEntry): Uint8Array {
  const serial = der.integer(serialNumber);
  const time = der.time(revokedMs);
  if (reason === 'unspecified') return der.sequence(serial, time);
  return der.sequence(serial, time, reasonExtensions(reason));
}

/** The entries of one CRL on their way into its spool, counted. */
export class CrlEntries {
  count = 0;
  byteLength = 0;
  readonly #spool: CrlSpool;
  readonly #isDelta: boolean;
  #pending: Uint8Array[] = [];
  #pendingOctets = 0;

  constructor(spool: CrlSpool, isDelta: boolean) {
    this.#spool = spool;
    this.#isDelta = isDelta;
  }

  async addAll(entries: AsyncIterable<CrlEntry> | Iterable<CrlEntry>): Promise<void> {
    for await (const entry of entries) {
      // RFC 5280 §5.3.1.
      if (entry.reason === 'removeFromCRL' && !this.#isDelta) {
        throw new MalformedError('removeFromCRL is for deltas');
      }
      const encoded = encodeEntry(entry);
      this.count += 1;
      this.byteLength += encoded.length;
      this.#pending.push(encoded);
      this.#pendingOctets += encoded.length;
      if (this.#pendingOctets >= pieceOctets) await this.#flush();
    }
    if (this.#pendingOctets > 0) await this.#flush();
  }

  async #flush(): Promise<void> {
    const piece = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingOctets = 0;
    await this.#spool.append(piece);
  }
}
