import { LRUCache } from 'lru-cache';
import {
  type CertIdHash,
  type IssuerHashes,
  issuerHashes,
  keyIdentifierOf,
  parseCertificate,
  type SignatureAlgorithm,
  type Signer,
  signatureAlgorithmFor,
} from '../../pki/index.ts';
import type { RevocationPorts } from '../ports.ts';
import { findResponder } from './responder-store.ts';

/** All that answering for a CA takes but the status of certificates. */
export interface RunningResponder {
  readonly caId: string;
  /** Of the responder's certificate, decimal text: answers are signed anew when it changes. */
  readonly serialNumber: string;
  readonly certificateDer: Uint8Array;
  readonly keyHash: Uint8Array;
  readonly signer: Signer;
  readonly signatureAlgorithm: SignatureAlgorithm;
  /** Milliseconds since 1970: nothing that it signs is worth anything later. */
  readonly notAfterMs: number;
  /** How clients name the CA. */
  hashes(hash: CertIdHash): IssuerHashes;
}

const mostResponders = 1_000;
/** How long a node may act on a switch or a renewal that another node has made since. */
const freshMs = 1_000;

/** Responders that are on, remembered for a second; statuses are not remembered at all. */
export class Responders {
  readonly #ports: Pick<RevocationPorts, 'clock' | 'database' | 'keyStore' | 'records'>;
  readonly #running: LRUCache<string, RunningResponder>;

  constructor(ports: Pick<RevocationPorts, 'clock' | 'database' | 'keyStore' | 'records'>) {
    this.#ports = ports;
    this.#running = new LRUCache({
      max: mostResponders,
      ttl: freshMs,
      ttlResolution: 0,
      perf: { now: () => ports.clock.nowMs() },
    });
  }

  /** Undefined where OCSP is off, and where there is no such CA or it has expired. */
  async find(caId: string): Promise<RunningResponder | undefined> {
    const key = caId.toLowerCase();
    const known = this.#running.get(key);
    if (known) return known;
    const loaded = await this.#load(key);
    if (loaded) this.#running.set(key, loaded);
    return loaded;
  }

  /** After a switch on this node. */
  forget(caId: string): void {
    this.#running.delete(caId.toLowerCase());
  }

  async #load(caId: string): Promise<RunningResponder | undefined> {
    const { clock, database, keyStore, records } = this.#ports;
    const responder = await findResponder(database, caId);
    if (!responder || responder.not_after < clock.nowMs()) return undefined;
    const ca = await records.find(database, caId);
    if (!ca) return undefined;
    const owner = { accountId: responder.account_id, purpose: 'pca' } as const;
    const signer = await keyStore.signer(owner, responder.key_id);
    const { subjectDer, spki } = ca.certificate;
    const hashes = new Map<CertIdHash, IssuerHashes>();
    return {
      caId,
      serialNumber: responder.serial_number,
      certificateDer: responder.certificate_der,
      keyHash: keyIdentifierOf(signer.publicKeySpki),
      signer,
      signatureAlgorithm: signatureAlgorithmFor(signer.keyAlgorithm),
      notAfterMs: parseCertificate(responder.certificate_der).notAfterMs,
      hashes(hash) {
        let found = hashes.get(hash);
        if (!found) {
          found = issuerHashes(subjectDer, spki, hash);
          hashes.set(hash, found);
        }
        return found;
      },
    };
  }
}
