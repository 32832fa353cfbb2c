import type { FastifyInstance } from 'fastify';
import type { Actor } from '../iam/index.ts';
import type { JobWork } from '../jobs/index.ts';
import type { ApiPlugin } from '../platform/http/index.ts';
import { publicationKind } from './crl/crl-state-store.ts';
import { publishDueCrl } from './crl/publish-crl.ts';
import { OcspAnswers } from './ocsp/answer-ocsp.ts';
import { ensureOcsp } from './ocsp/ensure-ocsp.ts';
import { renewalKind, renewResponder } from './ocsp/renew-responder.ts';
import { Responders } from './ocsp/responders.ts';
import type { RevocationPorts } from './ports.ts';
import { publicRoutes } from './public-routes.ts';
import { revocationRoutes } from './routes.ts';

/** Limits on its tables. */
export { revocationLimits } from './limits.ts';
/** The tables of this capability. */
export { migrations } from './migrations.ts';
export type { PublicationPorts, RevocationPorts } from './ports.ts';
/** The `revocation` that the private CA is given. */
export { createRevocationPort } from './revocation-port.ts';

export interface Revocation {
  /** The API of reference 4.2.3, in the dialect of the private CA. */
  readonly routes: ApiPlugin;
  /** What relying parties ask without authentication; for the plain listener. */
  publicRoutes(app: FastifyInstance): Promise<void>;
  /** See `ensureOcsp`: for CAs that the installation keeps for itself. */
  ensureOcsp(actor: Actor, caId: string): Promise<void>;
  /** What time starts here, by kind: to be given to `jobs.handle` before the jobs start. */
  readonly jobHandlers: Readonly<Record<string, JobWork>>;
}

/** CRLs and OCSP: how relying parties learn what is revoked. */
export function createRevocation(ports: RevocationPorts): Revocation {
  const responders = new Responders(ports);
  const answers = new OcspAnswers(ports, responders);
  return {
    routes: revocationRoutes(ports, (caId) => responders.forget(caId)),
    publicRoutes: publicRoutes(ports, answers),
    async ensureOcsp(actor, caId) {
      await ensureOcsp(ports, actor, caId);
      responders.forget(caId);
    },
    jobHandlers: {
      [publicationKind]: (job, progress) => publishDueCrl(ports, job, progress),
      [renewalKind]: (job) => renewResponder(ports, job),
    },
  };
}
