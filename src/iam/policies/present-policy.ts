import { selfLink } from '../links.ts';
import type { Policy } from './policy.ts';

/** The form of /v3/roles, and with `references` that of /v3.0/OS-ROLE/roles. */
export function presentPolicy(policy: Policy, publicUrl: string) {
  return {
    id: policy.policyId,
    name: policy.name,
    display_name: policy.displayName,
    type: policy.type,
    catalog: policy.catalog,
    description: policy.description,
    description_cn: policy.description,
    // The vendor marks its fine-grained policies so.
    ...(policy.document.Version === '1.0' ? {} : { flag: 'fine_grained' }),
    domain_id: policy.accountId ?? null,
    policy: policy.document,
    created_time: String(policy.createdAt ?? 0),
    updated_time: String(policy.updatedAt ?? 0),
    links: { ...selfLink(publicUrl, `/v3/roles/${policy.policyId}`), next: null, previous: null },
  };
}
