import type { Actor } from '../actor.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { conflict, notFound } from '../errors.ts';
import { mappingLimit, protocolLimit } from '../limits/iam-limits.ts';
import { requireRoom } from '../limits/require-room.ts';
import { iamActions } from '../permissions.ts';
import type { IdentityMappingTable, IdentityProtocolTable } from '../tables.ts';
import { providerReference } from '../tokens/session-parent.ts';
import { endDerivedSessions } from '../tokens/store.ts';
import { requireMappingAuthority, requireProtocolAuthority } from './federation-authority.ts';
import { requireProvider } from './manage-providers.ts';
import type { MappingRule } from './mapping.ts';
import {
  deleteMappingRow,
  deleteProtocolRow,
  findMappings,
  findProtocols,
  insertMapping,
  insertProtocol,
  updateMappingRow,
  updateProtocolRow,
} from './store.ts';

const access = { action: iamActions.updateProvider };

/** Ends the sessions of the providers that use the mapping, since the former rules decided their rights. */
export async function setMapping(
  iam: IamContext,
  actor: Actor,
  mappingId: string,
  rules: readonly MappingRule[],
  mode: 'create' | 'replace',
): Promise<IdentityMappingTable> {
  return change(iam, actor, access, 'identity mapping', async (transaction) => {
    const mapping = { account_id: actor.accountId, mapping_id: mappingId, rules: JSON.stringify(rules) };
    await requireMappingAuthority(iam, transaction, actor, mappingId, rules);
    if (mode === 'create') {
      await requireRoom(transaction, actor.accountId, mappingLimit);
      await insertMapping(transaction, mapping);
    } else {
      if ((await findMappings(transaction, actor.accountId, mappingId)).length === 0)
        throw notFound('mapping', mappingId);
      await updateMappingRow(transaction, mapping);
      const protocols = await findProtocols(transaction, actor.accountId, { mappingId });
      const providers = protocols.map(({ provider_id }) => providerReference(provider_id));
      await endDerivedSessions(transaction, providers);
    }
    return { result: mapping, resourceId: mappingId };
  });
}

/** 409 while a protocol uses it. */
export async function deleteMapping(iam: IamContext, actor: Actor, mappingId: string): Promise<void> {
  await change(iam, actor, access, 'identity mapping', async (transaction) => {
    const { accountId } = actor;
    if ((await findMappings(transaction, accountId, mappingId)).length === 0)
      throw notFound('mapping', mappingId);
    if ((await findProtocols(transaction, accountId, { mappingId })).length > 0)
      throw conflict('mapping', 'A protocol uses it; delete that first.');
    await deleteMappingRow(transaction, accountId, mappingId);
    return { result: undefined, resourceId: mappingId };
  });
}

/** Ties a provider to a mapping; without one nobody can log in. Another one ends the sessions of the one before. */
export async function setProtocol(
  iam: IamContext,
  actor: Actor,
  protocol: Omit<IdentityProtocolTable, 'account_id'>,
  mode: 'create' | 'replace',
): Promise<IdentityProtocolTable> {
  return change(iam, actor, access, 'identity protocol', async (transaction) => {
    const { provider_id: providerId, protocol_id, mapping_id } = protocol;
    const provider = await requireProvider(transaction, actor, providerId);
    if ((await findMappings(transaction, actor.accountId, mapping_id)).length === 0)
      throw notFound('mapping', mapping_id);
    await requireProtocolAuthority(iam, transaction, actor, provider, mapping_id);
    const row = { ...protocol, account_id: actor.accountId };
    if (mode === 'create') {
      await requireRoom(transaction, actor.accountId, protocolLimit);
      await insertProtocol(transaction, row);
    } else {
      const known = await findProtocols(transaction, actor.accountId, { providerId });
      if (!known.some((other) => other.protocol_id === protocol_id)) throw notFound('protocol', protocol_id);
      await updateProtocolRow(transaction, row);
      await endDerivedSessions(transaction, [providerReference(providerId)]);
    }
    return { result: row, resourceId: providerId, detail: `${protocol_id} by ${mapping_id}` };
  });
}

export async function deleteProtocol(
  iam: IamContext,
  actor: Actor,
  providerId: string,
  protocolId: string,
): Promise<void> {
  await change(iam, actor, access, 'identity protocol', async (transaction) => {
    const known = await findProtocols(transaction, actor.accountId, { providerId });
    if (!known.some((other) => other.protocol_id === protocolId)) throw notFound('protocol', protocolId);
    await deleteProtocolRow(transaction, actor.accountId, providerId, protocolId);
    await endDerivedSessions(transaction, [providerReference(providerId)]);
    return { result: undefined, resourceId: providerId, detail: protocolId };
  });
}
