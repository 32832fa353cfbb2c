import { LRUCache } from 'lru-cache';
import {
  buildOcspResponse,
  type CertId,
  type CertStatus,
  encodeOcspError,
  MalformedError,
  type OcspRequest,
  parseOcspRequest,
} from '../../pki/index.ts';
import type { SerialStatus } from '../../private-ca/index.ts';
import type { RevocationPorts } from '../ports.ts';
import { crlReasonOf } from '../reasons.ts';
import type { Responders, RunningResponder } from './responders.ts';

const hourMs = 3_600_000;
/** How long relying parties may keep an answer (its nextUpdate). */
const validityMs = hourMs;
/** An answer is given again until half its time is over. */
const reusedMs = validityMs / 2;
const rememberedOctets = 32 * 1024 * 1024;

export interface OcspAnswer {
  readonly der: Uint8Array;
  /** Set for what a cache between here and the client may keep: who asked and a nonce do not matter to it. */
  readonly cacheable: { readonly producedAtMs: number; readonly nextUpdateMs: number } | undefined;
}

interface Remembered {
  readonly der: Uint8Array;
  readonly producedAtMs: number;
  readonly nextUpdateMs: number;
  /** What the answer says, and who signed it. */
  readonly basis: string;
}

/**
 * Answers OCSP requests by the status that the database has at that moment: an answer that was signed before is given again only
 * if it says the same, so a revocation counts from its commit on, on every node, without any node telling another.
 */
export class OcspAnswers {
  readonly #ports: Pick<RevocationPorts, 'clock' | 'database' | 'log' | 'records'>;
  readonly #responders: Responders;
  readonly #remembered = new LRUCache<string, Remembered>({
    maxSize: rememberedOctets,
    sizeCalculation: ({ der }, key) => der.length + 2 * key.length + 200,
  });

  constructor(
    ports: Pick<RevocationPorts, 'clock' | 'database' | 'log' | 'records'>,
    responders: Responders,
  ) {
    this.#ports = ports;
    this.#responders = responders;
  }

  /** Never rejects: what goes wrong here is an OCSP error to the client. */
  async answer(caId: string, requestDer: Uint8Array): Promise<OcspAnswer> {
    try {
      const request = parseOcspRequest(requestDer);
      const responder = await this.#responders.find(caId);
      // RFC 5019 §2.2.3: there is nobody who may answer.
      if (!responder) return { der: encodeOcspError('unauthorized'), cacheable: undefined };
      return await this.#signed(responder, request);
    } catch (error) {
      if (error instanceof MalformedError)
        return { der: encodeOcspError('malformedRequest'), cacheable: undefined };
      this.#ports.log.error({ error, caId }, 'an OCSP request could not be answered');
      return { der: encodeOcspError('internalError'), cacheable: undefined };
    }
  }

  async #signed(responder: RunningResponder, { certIds, nonce }: OcspRequest): Promise<OcspAnswer> {
    const statuses = await this.#statuses(responder, certIds);
    const [only] = statuses;
    // An answer to a nonce is for one client; of what is unknown there is no end, and it may be issued in a moment.
    const isReusable = statuses.length === 1 && nonce === undefined && only!.kind !== 'unknown';
    if (!isReusable)
      return { der: (await this.#sign(responder, certIds, statuses, nonce)).der, cacheable: undefined };
    const key = `${responder.caId} ${Buffer.from(certIds[0]!.der).toString('latin1')}`;
    const basis = `${responder.serialNumber} ${JSON.stringify(only)}`;
    const known = this.#remembered.get(key);
    const isFresh = known?.basis === basis && this.#ports.clock.nowMs() < known.producedAtMs + reusedMs;
    const answer =
      isFresh && known ? known : { ...(await this.#sign(responder, certIds, statuses, undefined)), basis };
    if (answer !== known) this.#remembered.set(key, answer);
    const { der, nextUpdateMs, producedAtMs } = answer;
    return { der, cacheable: { producedAtMs, nextUpdateMs } };
  }

  async #sign(
    responder: RunningResponder,
    certIds: readonly CertId[],
    statuses: readonly CertStatus[],
    nonce: Uint8Array | undefined,
  ): Promise<Omit<Remembered, 'basis'>> {
    const producedAtMs = this.#ports.clock.nowMs();
    const nextUpdateMs = Math.min(producedAtMs + validityMs, responder.notAfterMs);
    const contents = {
      responderKeyHash: responder.keyHash,
      producedAtMs,
      responses: certIds.map((certId, at) => ({
        certId: certId.der,
        status: statuses[at]!,
        thisUpdateMs: producedAtMs,
        nextUpdateMs,
      })),
      nonce,
      certificates: [responder.certificateDer],
      signatureAlgorithm: responder.signatureAlgorithm,
    };
    return { der: await buildOcspResponse(contents, responder.signer), producedAtMs, nextUpdateMs };
  }

  async #statuses(responder: RunningResponder, certIds: readonly CertId[]): Promise<CertStatus[]> {
    const { database, records } = this.#ports;
    const own = certIds.filter((certId) => isOf(responder, certId)).map(serialOf);
    const found = own.length === 0 ? [] : await records.findSerials(database, responder.caId, own);
    const bySerial = new Map(found.map((status) => [status.serial_number, status]));
    return certIds.map((certId) =>
      isOf(responder, certId) ? statusOf(bySerial.get(serialOf(certId))) : { kind: 'unknown' },
    );
  }
}

function serialOf({ serialNumber }: CertId): string {
  return serialNumber.toString();
}

/** Whether the question is about a certificate of the responder's CA. */
function isOf(responder: RunningResponder, { hash, issuerNameHash, issuerKeyHash }: CertId): boolean {
  if (hash === undefined) return false;
  const { name, key } = responder.hashes(hash);
  return Buffer.compare(name, issuerNameHash) === 0 && Buffer.compare(key, issuerKeyHash) === 0;
}

/** RFC 6960 §2.2: what was never issued here is unknown. */
function statusOf(status: SerialStatus | undefined): CertStatus {
  if (status === undefined) return { kind: 'unknown' };
  if (status.revoked_at === null) return { kind: 'good' };
  return { kind: 'revoked', revokedMs: status.revoked_at, reason: crlReasonOf(status.revocation_reason) };
}
