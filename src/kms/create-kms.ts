import type { JobWork } from '../jobs/index.ts';
import type { ApiPlugin } from '../platform/http/index.ts';
import { createSecretWrapper } from './at-rest/secret-wrapper.ts';
import { defaultQuotas, type KmsContext, type KmsPorts } from './context.ts';
import { expireMaterial, expireMaterialJob } from './import/material-expiry.ts';
import { KeyDirectory } from './key-directory.ts';
import { destroyKey } from './key-lifecycle/destroy-key.ts';
import { destroyKeyJob } from './key-lifecycle/schedule-key-deletion.ts';
import { KeyMaterials } from './key-materials.ts';
import { rotateWhenDue } from './rotation/rotate-key.ts';
import { rotateKeyJob } from './rotation/rotation-schedule.ts';
import { kmsRoutes } from './routes.ts';
import { versionRoutes } from './version-routes.ts';

export interface Kms {
  /** `/v1.0/{project_id}/kms/...` and `/keystores`, for `registerApi` with `apiErrors` and authentication. */
  readonly routes: ApiPlugin;
  /** `GET /v1.0`, which needs no identity. */
  readonly openRoutes: (publicUrl: string) => ApiPlugin;
  /** What time starts here, by kind: to be given to `jobs.handle` before the jobs start. */
  readonly jobHandlers: Readonly<Record<string, JobWork>>;
}

/** The key management service over a key store that is running already. */
export function createKms(ports: KmsPorts): Kms {
  const { database, clock, masterKey } = ports;
  const context: KmsContext = {
    ...ports,
    quotas: ports.quotas ?? defaultQuotas,
    directory: new KeyDirectory(database, clock),
    materials: new KeyMaterials({ database, clock, masterKey }),
    secrets: createSecretWrapper(ports),
  };
  return {
    routes: (api) => kmsRoutes(context, api),
    openRoutes: (publicUrl) => (api) => versionRoutes(publicUrl, api),
    jobHandlers: {
      [destroyKeyJob]: (job) => destroyKey(context, job),
      [expireMaterialJob]: (job) => expireMaterial(context, job),
      [rotateKeyJob]: (job) => rotateWhenDue(context, job),
    },
  };
}
