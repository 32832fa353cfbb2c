import type { Api } from '../../platform/http/index.ts';
import type { KmsContext } from '../context.ts';
import { encryptionRoutes } from './encryption-routes.ts';
import { signatureRoutes } from './signature-routes.ts';

export function cryptographyRoutes(context: KmsContext, api: Api): void {
  encryptionRoutes(context, api);
  signatureRoutes(context, api);
}
