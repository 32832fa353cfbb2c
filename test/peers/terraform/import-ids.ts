import type { StateResource } from './workspace.ts';

/** How the provider names what it imports, for the resources that it can import. */
const importIds: Readonly<Record<string, (values: Readonly<Record<string, unknown>>) => string | undefined>> =
  {
    // What an action did cannot be read back.
    huaweicloud_ccm_private_ca: ({ id, action }) => (action === null ? `${id}` : undefined),
    huaweicloud_ccm_certificate: ({ id }) => `${id}`,
    // Where it was pushed to is not read back.
    huaweicloud_ccm_certificate_import: ({ id, target }) =>
      Array.isArray(target) && target.length > 0 ? undefined : `${id}`,
    huaweicloud_ccm_csr: ({ id }) => `${id}`,
    huaweicloud_ccm_private_certificate: ({ id }) => `${id}`,
    huaweicloud_enterprise_project: ({ id }) => `${id}`,
    huaweicloud_identity_agency: ({ id }) => `${id}`,
    huaweicloud_identity_group: ({ id }) => `${id}`,
    huaweicloud_identity_group_membership: ({ id }) => `${id}`,
    huaweicloud_identity_project: ({ id }) => `${id}`,
    huaweicloud_identity_provider: ({ id }) => `${id}`,
    huaweicloud_identity_role: ({ id }) => `${id}`,
    huaweicloud_identity_user: ({ id }) => `${id}`,
    huaweicloud_identity_user_role_assignment: ({ user_id, role_id, enterprise_project_id }) =>
      `${user_id}/${role_id}/${enterprise_project_id}`,
    huaweicloud_kms_alias: ({ key_id, alias }) => `${key_id}?${alias}`,
    huaweicloud_kms_dedicated_keystore: ({ id }) => `${id}`,
    huaweicloud_kms_grant: ({ key_id, id }) => `${key_id}/${id}`,
    // While it waits for its material it is neither enabled nor disabled, so that cannot be read back.
    huaweicloud_kms_key: ({ id, key_state }) => (key_state === '5' ? undefined : `${id}`),
    huaweicloud_kms_key_material: ({ id }) => `${id}`,
  };

/** Address to import ID of what can be imported. */
export function importsOf(resources: readonly StateResource[]): ReadonlyMap<string, string> {
  const imports = new Map<string, string>();
  for (const { mode, address, type, values } of resources) {
    const id = mode === 'managed' ? importIds[type]?.(values) : undefined;
    if (id !== undefined) imports.set(address, id);
  }
  return imports;
}
