import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { formatMicroseconds } from '../timestamps.ts';
import { userParams } from '../users/routes.ts';
import {
  getLoginProtection,
  type LoginProtection,
  listLoginProtections,
  setLoginProtection,
} from './login-protection.ts';
import { createRecoveryCodes, remainingRecoveryCodes } from './manage-recovery-codes.ts';
import {
  bindTotpDevice,
  createTotpDevice,
  getTotpDevice,
  listTotpDevices,
  removeTotpDevice,
  unbindTotpDevice,
} from './manage-totp-devices.ts';
import { passkeyRoutes } from './passkeys/passkey-routes.ts';
import { assertionSchema } from './passkeys/passkey-schemas.ts';
import { recoveryCode, totpCode } from './schemas.ts';
import { stepUp } from './step-up.ts';

const text = Type.String({ maxLength: 256 });
const deviceName = Type.String({ pattern: '^[\\w.@ -]{1,64}$' });
const devices = '/v3.0/OS-MFA/virtual-mfa-devices';

export function secondFactorRoutes(iam: IamContext, api: Api): void {
  deviceRoutes(iam, api);
  bindingRoutes(iam, api);
  loginProtectionRoutes(iam, api);
  recoveryCodeRoutes(iam, api);
  stepUpRoutes(iam, api);
  passkeyRoutes(iam, api);
}

function deviceRoutes(iam: IamContext, api: Api): void {
  const create = Type.Object({ virtual_mfa_device: Type.Object({ name: deviceName, user_id: text }) });
  api.post(
    devices,
    { schema: { operationId: 'createMfaDevice', tags: ['iam'], body: create } },
    async ({ actor, body: { virtual_mfa_device: wanted } }, reply) => {
      const { serialNumber, base32Seed } = await createTotpDevice(iam, actor, wanted.user_id, wanted.name);
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ virtual_mfa_device: { serial_number: serialNumber, base32_string_seed: base32Seed } });
    },
  );
  const query = Type.Object({ user_id: text, serial_number: text });
  api.delete(
    devices,
    { schema: { operationId: 'deleteMfaDevice', tags: ['iam'], querystring: query } },
    async ({ actor, query: { user_id, serial_number } }, reply) => {
      await removeTotpDevice(iam, actor, user_id, serial_number);
      return reply.code(204).send();
    },
  );
  api.get(devices, { schema: { operationId: 'listUserMfaDevices', tags: ['iam'] } }, async ({ actor }) => {
    const bound = await listTotpDevices(iam, actor);
    return {
      virtual_mfa_devices: bound.map(({ serial_number, user_id }) => ({ serial_number, user_id })),
    };
  });
  api.get(
    '/v3.0/OS-MFA/users/:user_id/virtual-mfa-device',
    { schema: { operationId: 'showUserMfaDevice', tags: ['iam'], params: userParams } },
    async ({ actor, params }) => {
      const { serial_number, user_id } = await getTotpDevice(iam, actor, params.user_id);
      return { virtual_mfa_device: { serial_number, user_id } };
    },
  );
}

function bindingRoutes(iam: IamContext, api: Api): void {
  const bind = Type.Object({
    user_id: text,
    serial_number: text,
    authentication_code_first: totpCode,
    authentication_code_second: totpCode,
  });
  api.put(
    '/v3.0/OS-MFA/mfa-devices/bind',
    { schema: { operationId: 'createBindingDevice', tags: ['iam'], body: bind } },
    async ({ actor, body }, reply) => {
      const codes = { first: body.authentication_code_first, second: body.authentication_code_second };
      await bindTotpDevice(iam, actor, { userId: body.user_id, serialNumber: body.serial_number, codes });
      return reply.code(204).send();
    },
  );
  const unbind = Type.Object({ user_id: text, serial_number: text, authentication_code: totpCode });
  api.put(
    '/v3.0/OS-MFA/mfa-devices/unbind',
    { schema: { operationId: 'deleteBindingDevice', tags: ['iam'], body: unbind } },
    async ({ actor, body }, reply) => {
      const { user_id: userId, serial_number: serialNumber, authentication_code: code } = body;
      await unbindTotpDevice(iam, actor, { userId, serialNumber, code });
      return reply.code(204).send();
    },
  );
}

function loginProtectionRoutes(iam: IamContext, api: Api): void {
  const url = '/v3.0/OS-USER/users/:user_id/login-protect';
  const present = ({ userId, enabled }: LoginProtection) => ({
    user_id: userId,
    enabled,
    verification_method: enabled ? 'vmfa' : 'none',
  });
  api.get(
    '/v3.0/OS-USER/login-protects',
    { schema: { operationId: 'listUserLoginProtects', tags: ['iam'] } },
    async ({ actor }) => ({ login_protects: (await listLoginProtections(iam, actor)).map(present) }),
  );
  api.get(
    url,
    { schema: { operationId: 'getLoginProtection', tags: ['iam'], params: userParams } },
    async ({ actor, params }) => ({
      login_protect: present(await getLoginProtection(iam, actor, params.user_id)),
    }),
  );
  const body = Type.Object({
    login_protect: Type.Object({ enabled: Type.Boolean(), verification_method: text }),
  });
  api.put(
    url,
    { schema: { operationId: 'setLoginProtection', tags: ['iam'], params: userParams, body } },
    async ({ actor, params, body: { login_protect } }) => {
      const { enabled, verification_method: method } = login_protect;
      const protection = await setLoginProtection(iam, actor, params.user_id, { enabled, method });
      return { login_protect: present(protection) };
    },
  );
}

/** Extensions: the vendor has no recovery codes. */
function recoveryCodeRoutes(iam: IamContext, api: Api): void {
  const url = '/v3.0/OS-MFA/recovery-codes';
  api.post(
    url,
    { schema: { operationId: 'createRecoveryCodes', tags: ['iam'] } },
    async ({ actor }, reply) => {
      const recovery_codes = await createRecoveryCodes(iam, actor);
      return reply.code(201).header('cache-control', 'no-store').send({ recovery_codes });
    },
  );
  api.get(url, { schema: { operationId: 'showRecoveryCodes', tags: ['iam'] } }, async ({ actor }) => ({
    remaining: await remainingRecoveryCodes(iam, actor),
  }));
}

/** An extension: a second factor for a session that exists. */
function stepUpRoutes(iam: IamContext, api: Api): void {
  const body = Type.Object({
    totp: Type.Optional(Type.Object({ passcode: totpCode })),
    passkey: Type.Optional(Type.Object({ response: assertionSchema })),
    recovery_code: Type.Optional(Type.Object({ code: recoveryCode })),
  });
  api.post(
    '/v3.0/OS-MFA/step-up',
    { schema: { operationId: 'stepUp', tags: ['iam'], body } },
    async ({ actor, headers, body: { totp, passkey, recovery_code } }) => {
      const token = headers['x-auth-token'];
      const proof = {
        totp: totp?.passcode,
        passkey: passkey && { assertion: passkey.response, purpose: 'step-up' as const },
        recoveryCode: recovery_code?.code,
      };
      const at = await stepUp(iam, actor, typeof token === 'string' ? token : undefined, proof);
      return { second_factor: { proved_at: formatMicroseconds(at) } };
    },
  );
}
