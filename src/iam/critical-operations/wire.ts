import { type Static, Type } from 'typebox';
import { badRequest } from '../errors.ts';
import type { OperationProtection } from './operation-protection.ts';

const flag = Type.Optional(Type.Boolean());
const text = Type.Optional(Type.String({ maxLength: 255 }));

/** The vendor's names; `second_factor_minutes` and `allow_access_keys` are extensions. What is not sent stays as it is. */
export const protectPolicySchema = Type.Object({
  operation_protection: Type.Boolean(),
  allow_user: Type.Optional(
    Type.Object({
      manage_accesskey: flag,
      manage_email: flag,
      manage_mobile: flag,
      manage_password: flag,
    }),
  ),
  second_factor_minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 1440 })),
  allow_access_keys: flag,
  admin_check: text,
  mobile: text,
  email: text,
  scene: text,
});

/** Throws 400 for verification by a designated person, who would get codes by mobile or mail: no codes are sent. */
export function readProtectPolicy(
  sent: Static<typeof protectPolicySchema>,
  current: OperationProtection,
): OperationProtection {
  if (sent.admin_check !== undefined && sent.admin_check !== '' && sent.admin_check !== 'off')
    throw badRequest(
      'protect_policy.admin_check must be off: the operator proves the own second factor, and no codes are sent to another person.',
    );
  for (const name of ['mobile', 'email', 'scene'] as const)
    if (sent[name])
      throw badRequest(
        `protect_policy.${name} belongs to admin_check on, which is not offered: leave it out.`,
      );
  const allowed = sent.allow_user ?? {};
  const { selfManagement } = current;
  return {
    enabled: sent.operation_protection,
    factorMinutes: sent.second_factor_minutes ?? current.factorMinutes,
    allowsAccessKeys: sent.allow_access_keys ?? current.allowsAccessKeys,
    selfManagement: {
      accessKeys: allowed.manage_accesskey ?? selfManagement.accessKeys,
      password: allowed.manage_password ?? selfManagement.password,
      email: allowed.manage_email ?? selfManagement.email,
      mobile: allowed.manage_mobile ?? selfManagement.mobile,
    },
  };
}

export function presentProtectPolicy(policy: OperationProtection) {
  const { enabled, factorMinutes, allowsAccessKeys, selfManagement } = policy;
  return {
    operation_protection: enabled,
    allow_user: {
      manage_accesskey: selfManagement.accessKeys,
      manage_email: selfManagement.email,
      manage_mobile: selfManagement.mobile,
      manage_password: selfManagement.password,
    },
    admin_check: 'off',
    mobile: '',
    email: '',
    scene: '',
    second_factor_minutes: factorMinutes,
    allow_access_keys: allowsAccessKeys,
  };
}
