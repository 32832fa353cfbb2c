import { pcaError } from '../errors.ts';
import type { ExportCertificateBody } from './certificate-schemas.ts';
import { type ServerType, serverTypes } from './export-matrix.ts';

export interface ExportRequest {
  readonly type: ServerType;
  readonly compressed: boolean;
  readonly smStandard: boolean;
  /** Undefined: private keys are not encrypted. */
  readonly password: string | undefined;
}

/** Clients send flags as booleans or as strings, empty strings for "not set", and the type in any case (reference example of 4.2.2.8). */
export function exportRequest(body: ExportCertificateBody): ExportRequest {
  const type = serverTypes.find((each) => each === body.type.toUpperCase());
  if (type === undefined) {
    throw pcaError('PCA.00020001', `type must be one of ${serverTypes.join(', ')}.`);
  }
  return {
    type,
    compressed: String(body.is_compressed) === 'true',
    smStandard: String(body.is_sm_standard) === 'true',
    password: body.password || undefined,
  };
}
