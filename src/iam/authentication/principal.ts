import type { Clock } from '../../platform/clock.ts';
import type { Reader } from '../../platform/db/index.ts';
import { findAccount } from '../accounts/store.ts';
import { findAgencyOfAnyAccount } from '../agencies/store.ts';
import { findProviderOfAnyAccount } from '../federation/store.ts';
import type { Grant } from '../policies/decide.ts';
import type { SecuritySettings } from '../security-policies/security-settings.ts';
import type { SessionTable, UserTable } from '../tables.ts';
import { passwordEndMs } from '../users/password-end.ts';
import { findUserOfAnyAccount } from '../users/store.ts';
import { FreshCache, type IdentityVersion } from './fresh-cache.ts';
import type { IdleUsers } from './idle-users.ts';
import { grantsOfUser, loadGrants } from './load-grants.ts';

/** What a session says about whom it is for; see SessionTable. */
export type SessionHolder = Pick<
  SessionTable,
  | 'account_id'
  | 'principal_kind'
  | 'principal_id'
  | 'federated_name'
  | 'federated_groups'
  | 'assumed_by'
  | 'credentials_version'
>;

/** Who a credential stands for, with what policies grant, if the credential may be used at all. */
export interface Principal {
  readonly kind: 'user' | 'agency';
  readonly accountId: string;
  readonly accountName: string;
  readonly principalId: string;
  readonly principalName: string;
  readonly isRoot: boolean;
  readonly credentialsVersion: number;
  /** Decides whether passwords or access keys are refused; `default` for agencies and federated users. */
  readonly accessMode: UserTable['access_mode'];
  /** Why the password serves to choose another one only; undefined if it is good. */
  readonly mustChangePassword: 'pwd_status' | 'password_validity_period' | undefined;
  /** In milliseconds since 1970; undefined where the password never expires, or where there is none. */
  readonly passwordEndMs: number | undefined;
  readonly grants: readonly Grant[];
}

/** Who steps into an agency: a user of the trusted account, or the trusted service. */
interface Assumer {
  /** The account's id or the service's name. */
  readonly trusted: string;
  readonly name: string;
  readonly credentialsVersion: number;
}

interface PrincipalPorts {
  readonly database: Reader;
  readonly clock: Clock;
  readonly version: IdentityVersion;
  readonly security: SecuritySettings;
  readonly idleUsers: IdleUsers;
}

const maximumPrincipals = 10_000;

/** Loads principals and remembers them for about a second. Undefined for what is deleted, disabled or at its end. */
export class PrincipalLoader {
  readonly #ports: PrincipalPorts;
  readonly #reader: Reader;
  readonly #clock: Clock;
  readonly #cache: FreshCache<Principal>;

  constructor(ports: PrincipalPorts) {
    this.#ports = ports;
    this.#reader = ports.database;
    this.#clock = ports.clock;
    this.#cache = new FreshCache(ports.clock, ports.version, maximumPrincipals);
  }

  user(userId: string): Promise<Principal | undefined> {
    return this.#cache.get(`user ${userId}`, () => this.#loadUser(userId));
  }

  /** Undefined also where the user or the trust that the session came from is gone, or the user's password has changed. */
  async ofHolder(session: SessionHolder): Promise<Principal | undefined> {
    switch (session.principal_kind) {
      case 'user': {
        const user = await this.user(session.principal_id);
        return user?.credentialsVersion === session.credentials_version ? user : undefined;
      }
      case 'agency': {
        const assumer = await this.user(session.assumed_by ?? '');
        if (assumer?.credentialsVersion !== session.credentials_version) return undefined;
        const key = `agency ${session.principal_id} ${assumer.principalId}`;
        const name = `${assumer.accountName}/${assumer.principalName}`;
        const person = { trusted: assumer.accountId, name, credentialsVersion: assumer.credentialsVersion };
        return this.#cache.get(key, () => this.#loadAgency(session.principal_id, person));
      }
      case 'federated':
        return this.#cache.get(
          `federated ${session.principal_id} ${session.federated_groups} ${session.federated_name}`,
          () => this.#loadFederated(session),
        );
    }
  }

  async #loadUser(userId: string): Promise<Principal | undefined> {
    const user = await findUserOfAnyAccount(this.#reader, userId);
    if (!user?.enabled) return undefined;
    const account = await findAccount(this.#reader, user.account_id);
    if (!account?.enabled || (await this.#ports.idleUsers.disableIfIdle(user))) return undefined;
    return {
      kind: 'user',
      accountId: account.account_id,
      accountName: account.name,
      principalId: userId,
      principalName: user.name,
      isRoot: user.is_root === 1,
      credentialsVersion: user.credentials_version,
      accessMode: user.access_mode,
      ...(await this.#passwordStatus(user)),
      grants: await grantsOfUser(this.#reader, user),
    };
  }

  async #passwordStatus(user: UserTable): Promise<Pick<Principal, 'mustChangePassword' | 'passwordEndMs'>> {
    const endMs = passwordEndMs(user, (await this.#ports.security.of(user.account_id)).password);
    const isExpired = endMs !== undefined && endMs <= this.#clock.nowMs();
    const expiry = isExpired ? 'password_validity_period' : undefined;
    return {
      mustChangePassword: user.password_reset === 1 ? 'pwd_status' : expiry,
      passwordEndMs: endMs,
    };
  }

  /** A service of this installation that an account trusts. */
  serviceAgency(agencyId: string, service: string): Promise<Principal | undefined> {
    const assumer = { trusted: service, name: service, credentialsVersion: 0 };
    return this.#cache.get(`agency ${agencyId} ${service}`, () => this.#loadAgency(agencyId, assumer));
  }

  async #loadAgency(agencyId: string, assumer: Assumer): Promise<Principal | undefined> {
    const agency = await findAgencyOfAnyAccount(this.#reader, agencyId);
    if (!agency || (agency.expires_at !== null && agency.expires_at <= this.#clock.nowMs())) return undefined;
    // An account is trusted by its id: its name may pass to another one.
    if ((agency.trust_account_id ?? agency.trust_name) !== assumer.trusted) return undefined;
    const account = await findAccount(this.#reader, agency.account_id);
    if (!account?.enabled) return undefined;
    return {
      kind: 'agency',
      accountId: account.account_id,
      accountName: account.name,
      principalId: agencyId,
      // The trail must show who is behind the agency.
      principalName: `${agency.name}/${assumer.name}`,
      isRoot: false,
      credentialsVersion: assumer.credentialsVersion,
      accessMode: 'default',
      mustChangePassword: undefined,
      passwordEndMs: undefined,
      grants: await loadGrants(this.#reader, account.account_id, [agencyId]),
    };
  }

  async #loadFederated(session: SessionHolder): Promise<Principal | undefined> {
    const provider = await findProviderOfAnyAccount(this.#reader, session.principal_id);
    if (!provider?.enabled || provider.account_id !== session.account_id) return undefined;
    const account = await findAccount(this.#reader, session.account_id);
    if (!account?.enabled) return undefined;
    const groupIds = JSON.parse(session.federated_groups ?? '[]') as string[];
    return {
      kind: 'user',
      accountId: account.account_id,
      accountName: account.name,
      principalId: federatedUserId(provider.provider_id, session.federated_name ?? ''),
      principalName: session.federated_name ?? '',
      isRoot: false,
      credentialsVersion: session.credentials_version,
      accessMode: 'default',
      mustChangePassword: undefined,
      passwordEndMs: undefined,
      grants: await loadGrants(this.#reader, account.account_id, groupIds),
    };
  }
}

/** A federated user has no row; its id says where it comes from. */
export function federatedUserId(providerId: string, name: string): string {
  return `${providerId}:${name}`;
}
