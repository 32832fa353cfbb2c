import type { Reader } from '../../platform/db/index.ts';
import type { Actor } from '../actor.ts';
import { loadGrants, loadSubjectGrants } from '../authentication/load-grants.ts';
import { requireGrantable } from '../authority.ts';
import type { IamContext } from '../context.ts';
import { findGroups } from '../groups/store.ts';
import type { Grant } from '../policies/decide.ts';
import type { IdentityProviderTable } from '../tables.ts';
import type { MappingRule } from './mapping.ts';
import { findMappings, findProtocols, findProviderOfAnyAccount } from './store.ts';

/**
 * For changes that decide whom a provider can vouch for.
 * @throws BeyondAuthority unless the actor has all that those who log in through the provider may have.
 */
export async function requireProviderAuthority(
  iam: IamContext,
  reader: Reader,
  actor: Actor,
  provider: IdentityProviderTable,
): Promise<void> {
  const { account_id: accountId, provider_id: providerId } = provider;
  for (const { mapping_id } of await findProtocols(reader, accountId, { providerId }))
    await requireLoginAuthority(iam, reader, actor, provider, await rulesOf(reader, accountId, mapping_id));
}

/** The same for a mapping that gets these rules: of its own groups, and of every provider that uses it. */
export async function requireMappingAuthority(
  iam: IamContext,
  reader: Reader,
  actor: Actor,
  mappingId: string,
  rules: readonly MappingRule[],
): Promise<void> {
  requireGrantable(iam, actor, mappingId, await grantsOfGroups(reader, actor.accountId, rules));
  for (const { provider_id } of await findProtocols(reader, actor.accountId, { mappingId })) {
    const provider = await findProviderOfAnyAccount(reader, provider_id);
    if (provider) await requireLoginAuthority(iam, reader, actor, provider, rules);
  }
}

/** The same for a provider that gets a mapping. */
export async function requireProtocolAuthority(
  iam: IamContext,
  reader: Reader,
  actor: Actor,
  provider: IdentityProviderTable,
  mappingId: string,
): Promise<void> {
  await requireLoginAuthority(
    iam,
    reader,
    actor,
    provider,
    await rulesOf(reader, actor.accountId, mappingId),
  );
}

async function requireLoginAuthority(
  iam: IamContext,
  reader: Reader,
  actor: Actor,
  { account_id: accountId, provider_id, sso_type }: IdentityProviderTable,
  rules: readonly MappingRule[],
): Promise<void> {
  const given =
    sso_type === 'iam_user_sso'
      ? await loadSubjectGrants(reader, accountId, ['user', 'group'])
      : await grantsOfGroups(reader, accountId, rules);
  requireGrantable(iam, actor, provider_id, given);
}

/** Loads the grants of the groups that the rules name; of all groups if a claim may name one. */
async function grantsOfGroups(
  reader: Reader,
  accountId: string,
  rules: readonly MappingRule[],
): Promise<readonly Grant[]> {
  const templates = rules.flatMap(({ local }) =>
    local.flatMap(({ group, groups }) => [group?.name, groups].filter((name) => name !== undefined)),
  );
  if (templates.some((template) => /\{\d+\}/.test(template)))
    return loadSubjectGrants(reader, accountId, ['group']);
  const groups = await findGroups(reader, accountId);
  const named = groups.filter(({ name }) => templates.includes(name));
  return loadGrants(
    reader,
    accountId,
    named.map(({ group_id }) => group_id),
  );
}

async function rulesOf(
  reader: Reader,
  accountId: string,
  mappingId: string,
): Promise<readonly MappingRule[]> {
  const [mapping] = await findMappings(reader, accountId, mappingId);
  return mapping ? (JSON.parse(mapping.rules) as MappingRule[]) : [];
}
