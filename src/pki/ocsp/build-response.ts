import type { SignatureAlgorithm } from '../algorithms.ts';
import { encodeExtensions } from '../certificate/extension.ts';
import { type CrlReason, encodeReason } from '../crl/reason.ts';
import { der } from '../der/index.ts';
import type { Signer } from '../keys/signer.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { nonceExtension } from './nonce.ts';

export type CertStatus =
  | { readonly kind: 'good' }
  | { readonly kind: 'revoked'; readonly revokedMs: number; readonly reason: CrlReason }
  | { readonly kind: 'unknown' };

/** The answer about one certificate. Times are milliseconds since 1970, cut to the second. */
export type SingleResponse = {
  /** DER of the CertID as it was asked. */
  readonly certId: Uint8Array;
  readonly status: CertStatus;
  readonly thisUpdateMs: number;
  /** Left out: newer information is always to be had. */
  readonly nextUpdateMs?: number | undefined;
};

export type OcspResponseContents = {
  /** SHA-1 of the responder's key bits, as `keyIdentifierOf`: the responder is named by its key (RFC 5019 §2.2.2 prefers that). */
  readonly responderKeyHash: Uint8Array;
  readonly producedAtMs: number;
  readonly responses: readonly SingleResponse[];
  readonly nonce?: Uint8Array | undefined;
  /** DER certificates that lead from the responder's key to the CA: normally the delegated responder's. */
  readonly certificates: readonly Uint8Array[];
  readonly signatureAlgorithm: SignatureAlgorithm;
};

/** Answers without a signature (RFC 6960 §2.3), with their numbers. */
const errorStatuses = {
  malformedRequest: 1,
  internalError: 2,
  tryLater: 3,
  sigRequired: 5,
  unauthorized: 6,
} as const;

export type OcspError = keyof typeof errorStatuses;

/** An OCSPResponse that says that there is none. */
export function encodeOcspError(error: OcspError): Uint8Array {
  return der.sequence(der.enumerated(errorStatuses[error]));
}

function encodeStatus(status: CertStatus): Uint8Array {
  switch (status.kind) {
    case 'good':
      return der.implicit(0, new Uint8Array());
    case 'revoked': {
      const time = der.generalizedTime(status.revokedMs);
      // As on CRLs (RFC 5280 §5.3.1), no reason rather than that there is none.
      if (status.reason === 'unspecified') return der.implicit(1, time, true);
      return der.implicit(1, der.raw(time, der.explicit(0, encodeReason(status.reason))), true);
    }
    case 'unknown':
      return der.implicit(2, new Uint8Array());
  }
}

function encodeSingleResponse({ certId, status, thisUpdateMs, nextUpdateMs }: SingleResponse): Uint8Array {
  return der.sequence(
    certId,
    encodeStatus(status),
    der.generalizedTime(thisUpdateMs),
    ...(nextUpdateMs === undefined ? [] : [der.explicit(0, der.generalizedTime(nextUpdateMs))]),
  );
}

/** A signed basic OCSPResponse (RFC 6960 §4.2). Throws MalformedError for no response; the signer's errors pass. */
export async function buildOcspResponse(contents: OcspResponseContents, signer: Signer): Promise<Uint8Array> {
  const { certificates, nonce, responses, signatureAlgorithm } = contents;
  if (responses.length === 0) throw new MalformedError('OCSP response about nothing');
  const responseData = der.sequence(
    der.explicit(2, der.octetString(contents.responderKeyHash)),
    der.generalizedTime(contents.producedAtMs),
    der.sequence(...responses.map(encodeSingleResponse)),
    ...(nonce === undefined ? [] : [der.explicit(1, encodeExtensions([nonceExtension(nonce)]))]),
  );
  const signature = await signer.sign(responseData, signatureAlgorithm);
  const basic = der.sequence(
    responseData,
    signatureAlgorithm.identifier,
    der.bitString(signature),
    ...(certificates.length === 0 ? [] : [der.explicit(0, der.sequence(...certificates))]),
  );
  const responseBytes = der.sequence(der.oid(oids.ocspBasic), der.octetString(basic));
  return der.sequence(der.enumerated(0), der.explicit(0, responseBytes));
}
