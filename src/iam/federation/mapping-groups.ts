import type { Reader } from '../../platform/db/index.ts';
import type { MappingRule } from './mapping.ts';
import { findMappings } from './store.ts';

/** Counts the mappings that put federated users into the group by its name. A placeholder names no group in particular. */
export async function mappingsToGroup(reader: Reader, accountId: string, name: string): Promise<number> {
  const mappings = await findMappings(reader, accountId);
  return mappings.filter(({ rules }) =>
    (JSON.parse(rules) as readonly MappingRule[]).some(({ local }) =>
      local.some(({ group, groups }) => group?.name === name || groups === name),
    ),
  ).length;
}
