import type { Reader, Transaction } from '../../platform/db/index.ts';
import type {
  IamTables,
  IdentityMappingTable,
  IdentityProtocolTable,
  IdentityProviderTable,
} from '../tables.ts';

/** For the login with an id token, which names only the provider. */
export function findProviderOfAnyAccount(
  reader: Reader,
  providerId: string,
): Promise<IdentityProviderTable | undefined> {
  return reader
    .tables<IamTables>()
    .selectFrom('identity_providers')
    .selectAll()
    .where('provider_id', '=', providerId)
    .executeTakeFirst();
}

export function listProviders(reader: Reader, accountId: string): Promise<IdentityProviderTable[]> {
  return reader
    .tables<IamTables>()
    .selectFrom('identity_providers')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('provider_id')
    .execute();
}

export async function insertProvider(
  transaction: Transaction,
  provider: IdentityProviderTable,
): Promise<void> {
  await transaction.tables<IamTables>().insertInto('identity_providers').values(provider).execute();
}

export async function updateProviderRow(
  transaction: Transaction,
  accountId: string,
  providerId: string,
  change: Partial<Pick<IdentityProviderTable, 'description' | 'enabled' | 'oidc_config'>>,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .updateTable('identity_providers')
    .set(change)
    .where('account_id', '=', accountId)
    .where('provider_id', '=', providerId)
    .execute();
}

export async function deleteProviderRows(
  transaction: Transaction,
  accountId: string,
  providerId: string,
): Promise<void> {
  const tables = transaction.tables<IamTables>();
  await tables
    .deleteFrom('identity_protocols')
    .where('account_id', '=', accountId)
    .where('provider_id', '=', providerId)
    .execute();
  await tables
    .deleteFrom('identity_providers')
    .where('account_id', '=', accountId)
    .where('provider_id', '=', providerId)
    .execute();
}

export function findMappings(
  reader: Reader,
  accountId: string,
  mappingId?: string,
): Promise<IdentityMappingTable[]> {
  return reader
    .tables<IamTables>()
    .selectFrom('identity_mappings')
    .selectAll()
    .where('account_id', '=', accountId)
    .$if(mappingId !== undefined, (query) => query.where('mapping_id', '=', mappingId!))
    .orderBy('mapping_id')
    .execute();
}

export async function insertMapping(transaction: Transaction, mapping: IdentityMappingTable): Promise<void> {
  await transaction.tables<IamTables>().insertInto('identity_mappings').values(mapping).execute();
}

export async function updateMappingRow(
  transaction: Transaction,
  mapping: IdentityMappingTable,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .updateTable('identity_mappings')
    .set({ rules: mapping.rules })
    .where('account_id', '=', mapping.account_id)
    .where('mapping_id', '=', mapping.mapping_id)
    .execute();
}

export async function deleteMappingRow(
  transaction: Transaction,
  accountId: string,
  mappingId: string,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .deleteFrom('identity_mappings')
    .where('account_id', '=', accountId)
    .where('mapping_id', '=', mappingId)
    .execute();
}

export function findProtocols(
  reader: Reader,
  accountId: string,
  filter: { readonly providerId?: string; readonly mappingId?: string },
): Promise<IdentityProtocolTable[]> {
  const { providerId, mappingId } = filter;
  return reader
    .tables<IamTables>()
    .selectFrom('identity_protocols')
    .selectAll()
    .where('account_id', '=', accountId)
    .$if(providerId !== undefined, (query) => query.where('provider_id', '=', providerId!))
    .$if(mappingId !== undefined, (query) => query.where('mapping_id', '=', mappingId!))
    .orderBy('protocol_id')
    .execute();
}

export async function insertProtocol(
  transaction: Transaction,
  protocol: IdentityProtocolTable,
): Promise<void> {
  await transaction.tables<IamTables>().insertInto('identity_protocols').values(protocol).execute();
}

export async function updateProtocolRow(
  transaction: Transaction,
  protocol: IdentityProtocolTable,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .updateTable('identity_protocols')
    .set({ mapping_id: protocol.mapping_id })
    .where('account_id', '=', protocol.account_id)
    .where('provider_id', '=', protocol.provider_id)
    .where('protocol_id', '=', protocol.protocol_id)
    .execute();
}

export async function deleteProtocolRow(
  transaction: Transaction,
  accountId: string,
  providerId: string,
  protocolId: string,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .deleteFrom('identity_protocols')
    .where('account_id', '=', accountId)
    .where('provider_id', '=', providerId)
    .where('protocol_id', '=', protocolId)
    .execute();
}

/** Keeps the provider as it is until the end of the transaction; false if it is gone or disabled. */
export async function lockEnabledProvider(transaction: Transaction, providerId: string): Promise<boolean> {
  const result = await transaction
    .tables<IamTables>()
    .updateTable('identity_providers')
    .set((columns) => ({ enabled: columns.ref('enabled') }))
    .where('provider_id', '=', providerId)
    .where('enabled', '=', 1)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
