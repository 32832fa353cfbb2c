import { ServiceError } from '../platform/errors.ts';

/**
 * Codes that the reference does not have and its clients know (PCA-D102). Which of them stands for which state is not known; the
 * clients take both for success.
 */
const ocspAlready = {
  on: { status: 403, code: 'PCA.10010071', message: 'OCSP is enabled already.' },
  off: { status: 403, code: 'PCA.10010072', message: 'OCSP is disabled already.' },
} as const;

export function ocspSwitchedAlready(on: boolean): ServiceError {
  return new ServiceError('pca', on ? ocspAlready.on : ocspAlready.off);
}
