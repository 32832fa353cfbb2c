import { pcaError, type RevocationPort } from '../private-ca/index.ts';
import { addressExtensions, crlKey } from './addresses.ts';
import { NotDelegated, putRequest, requireMayPut, requireNotDenied } from './buckets/agency.ts';
import { disableCrlState, enableCrlState, recordStatusChange } from './crl/crl-state-store.ts';
import type { PublicationPorts } from './ports.ts';

/** What the private CA tells and asks; see its `RevocationPort`. */
export function createRevocationPort(ports: PublicationPorts): RevocationPort {
  const { clock, jobs, objectStorage, publicHttpUrl } = ports;
  return {
    async crlAddress(actor, { bucket, name }) {
      const { accountId } = actor;
      await requireNotDenied(ports, actor, putRequest(accountId, bucket, crlKey(name)));
      try {
        await requireMayPut(ports, accountId, bucket, crlKey(name));
      } catch (error) {
        if (!(error instanceof NotDelegated)) throw error;
        throw pcaError('PCA.00020204', error.message, { cause: error });
      }
      if (!(await objectStorage.bucketExists(accountId, bucket))) {
        throw pcaError('PCA.00020204', 'obs_bucket_name does not name a bucket of this account.');
      }
      return objectStorage.publicUrl(bucket, crlKey(name));
    },
    crlConfigured(transaction, accountId, caId, enabled) {
      if (!enabled) return disableCrlState(transaction, jobs, caId);
      return enableCrlState(transaction, jobs, { caId, accountId }, clock.nowMs());
    },
    statusChanged: (transaction, { issuerId, serialNumbers }) =>
      recordStatusChange(transaction, jobs, issuerId, serialNumbers, clock.nowMs()),
    committed: () => jobs.wake(),
    addressExtensions: (issuer) => addressExtensions(publicHttpUrl, issuer),
  };
}
