import { LRUCache } from 'lru-cache';
import type { Clock } from '../../platform/clock.ts';
import type { Reader } from '../../platform/db/index.ts';
import { findAccount } from '../accounts/store.ts';
import { findAgencyOfAnyAccount } from '../agencies/store.ts';
import { findProviderOfAnyAccount } from '../federation/store.ts';
import { groupIdsOf } from '../groups/store.ts';
import { type CompiledStatement, compilePolicy } from '../policies/compile-policy.ts';
import type { Grant, GrantScope } from '../policies/decide.ts';
import type { Policy } from '../policies/policy.ts';
import { findCustomPolicies } from '../policies/store.ts';
import { findSystemPolicy } from '../policies/system-policies.ts';
import { findAssignments } from '../role-assignments/store.ts';
import type { RoleAssignmentTable, SessionTable } from '../tables.ts';
import { findUserOfAnyAccount } from '../users/store.ts';
import { FreshCache, type IdentityVersion } from './fresh-cache.ts';
import type { IdleUsers } from './idle-users.ts';

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
  readonly grants: readonly Grant[];
}

/** Who steps into an agency: a user of the trusted account, or the trusted service. */
interface Assumer {
  /** The account's id or the service's name. */
  readonly trusted: string;
  readonly name: string;
  readonly credentialsVersion: number;
}

const maximumPrincipals = 10_000;
const maximumPolicies = 10_000;

/** Loads principals and remembers them for about a second. Undefined for what is deleted, disabled or at its end. */
export class PrincipalLoader {
  readonly #reader: Reader;
  readonly #clock: Clock;
  readonly #idleUsers: IdleUsers;
  readonly #cache: FreshCache<Principal>;
  readonly #compiled = new LRUCache<string, readonly CompiledStatement[]>({ max: maximumPolicies });

  constructor(reader: Reader, clock: Clock, version: IdentityVersion, idleUsers: IdleUsers) {
    this.#reader = reader;
    this.#idleUsers = idleUsers;
    this.#clock = clock;
    this.#cache = new FreshCache(clock, version, maximumPrincipals);
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
    if (!account?.enabled || (await this.#idleUsers.disableIfIdle(user))) return undefined;
    const subjects = [userId, ...(await groupIdsOf(this.#reader, userId))];
    return {
      kind: 'user',
      accountId: account.account_id,
      accountName: account.name,
      principalId: userId,
      principalName: user.name,
      isRoot: user.is_root === 1,
      credentialsVersion: user.credentials_version,
      grants: await this.#grants(account.account_id, subjects),
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
      grants: await this.#grants(account.account_id, [agencyId]),
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
      grants: await this.#grants(account.account_id, groupIds),
    };
  }

  async #grants(accountId: string, subjectIds: readonly string[]): Promise<readonly Grant[]> {
    const assignments = await findAssignments(this.#reader, accountId, { subjectIds });
    const custom = await findCustomPolicies(this.#reader, accountId, {
      policyIds: [...new Set(assignments.map((assignment) => assignment.policy_id))],
    });
    const customById = new Map(custom.map((policy) => [policy.policyId, policy]));
    return assignments.flatMap((assignment) => {
      const policy = findSystemPolicy(assignment.policy_id) ?? customById.get(assignment.policy_id);
      return policy
        ? [
            {
              scope: scopeOf(assignment),
              policyId: policy.policyId,
              policyName: policy.name,
              statements: this.#compile(policy),
            },
          ]
        : [];
    });
  }

  #compile(policy: Policy): readonly CompiledStatement[] {
    // By content: two updates within one millisecond have the same time.
    const key = JSON.stringify(policy.document);
    let compiled = this.#compiled.get(key);
    if (!compiled) {
      compiled = compilePolicy(policy.document);
      this.#compiled.set(key, compiled);
    }
    return compiled;
  }
}

/** A federated user has no row; its id says where it comes from. */
export function federatedUserId(providerId: string, name: string): string {
  return `${providerId}:${name}`;
}

function scopeOf(assignment: RoleAssignmentTable): GrantScope {
  switch (assignment.scope_kind) {
    case 'domain':
    case 'all-projects':
      return { kind: 'account' };
    case 'project':
      return { kind: 'project', projectId: assignment.scope_id };
    case 'enterprise-project':
      return { kind: 'enterprise-project', enterpriseProjectId: assignment.scope_id };
  }
}
