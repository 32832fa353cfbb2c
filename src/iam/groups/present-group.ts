import { selfLink } from '../links.ts';
import type { GroupTable } from '../tables.ts';

export function presentGroup(group: GroupTable, publicUrl: string) {
  return {
    id: group.group_id,
    name: group.name,
    domain_id: group.account_id,
    description: group.description,
    create_time: group.created_at,
    links: { ...selfLink(publicUrl, `/v3/groups/${group.group_id}`), next: null, previous: null },
  };
}
