import { type Permission, permission } from '../../iam/index.ts';

/** Permissions of the vendor's billing service, for orders of every service. They have no resources and no condition keys. */
export const billingPermissions = {
  viewOrders: permission('bss:order:view', [], 'billing:order:view'),
  payOrder: permission('bss:order:pay', [], 'billing:order:pay'),
  renew: permission('bss:renewal:update', [], 'billing:subscription:renew'),
  unsubscribe: permission('bss:unsubscribe:update', [], 'billing:subscription:unsubscribe'),
} as const satisfies Record<string, Permission>;
