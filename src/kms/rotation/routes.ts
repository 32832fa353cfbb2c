import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { KmsContext } from '../context.ts';
import { callerOf } from '../request-caller.ts';
import { keyId, sequence } from '../request-fields.ts';
import { rotateOnDemand } from './rotate-key.ts';
import {
  disableRotation,
  enableRotation,
  getRotationStatus,
  updateRotationInterval,
} from './rotation-settings.ts';

const tags = ['kms'];
const operateKey = Type.Object({ key_id: keyId, sequence });

function settingsRoutes(context: KmsContext, api: Api): void {
  for (const [path, operationId, change] of [
    ['enable-key-rotation', 'enableKeyRotation', enableRotation],
    ['disable-key-rotation', 'disableKeyRotation', disableRotation],
  ] as const)
    api.post(
      `/v1.0/:project_id/kms/${path}`,
      { schema: { operationId, tags, body: operateKey } },
      async (request) => {
        await change(context, callerOf(request), request.body.key_id);
        return {};
      },
    );
  const interval = Type.Object({ key_id: keyId, rotation_interval: Type.Integer(), sequence });
  api.post(
    '/v1.0/:project_id/kms/update-key-rotation-interval',
    { schema: { operationId: 'updateKeyRotationInterval', tags, body: interval } },
    async (request) => {
      const { key_id: id, rotation_interval: days } = request.body;
      await updateRotationInterval(context, callerOf(request), id, days);
      return {};
    },
  );
}

export function rotationRoutes(context: KmsContext, api: Api): void {
  settingsRoutes(context, api);
  api.post(
    '/v1.0/:project_id/kms/get-key-rotation-status',
    { schema: { operationId: 'showKeyRotationStatus', tags, body: operateKey } },
    async (request) => {
      const key = await getRotationStatus(context, callerOf(request), request.body.key_id);
      return {
        key_rotation_enabled: key.rotation_enabled === 1,
        // Only while rotation is on: the vendor's Terraform provider refuses to change a key that has an interval and no rotation.
        rotation_interval: key.rotation_enabled === 1 ? key.rotation_interval_days : 0,
        last_rotation_time: key.last_rotated_at === null ? '' : String(key.last_rotated_at),
        number_of_rotations: key.rotation_count,
      };
    },
  );
  api.post(
    '/v1.0/:project_id/kms/rotate-on-demand',
    { schema: { operationId: 'rotateOnDemand', tags, body: operateKey } },
    async (request) => {
      const key = await rotateOnDemand(context, callerOf(request), request.body.key_id);
      return { key_id: key.key_id };
    },
  );
}
