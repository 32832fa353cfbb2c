import type { Kysely } from 'kysely';
import type { AccessRequest, Actor, AuditEvent } from '../../src/iam/actor.ts';
import type { Identity } from '../../src/iam/identity.ts';
import { limitMigrations } from '../../src/iam/index.ts';
import type { Migrations } from '../../src/platform/db/index.ts';
import { AccessDenied } from '../../src/platform/errors.ts';

/** An enterprise project that every test account has, and one that none has. */
export const knownProject = '11111111-2222-3333-4444-555555555555';
export const unknownProject = '99999999-2222-3333-4444-555555555555';

export interface AuditRow {
  account_id: string;
  principal_id: string;
  action: string;
  resource_id: string | null;
  result: string;
  detail: string | null;
}

/** The table in which the double keeps what it is told to record, and that of limits. */
export const auditMigrations: Migrations = {
  ...limitMigrations,
  'test-0001-audit': {
    async up(schema: Kysely<unknown>): Promise<void> {
      await schema.schema
        .createTable('test_audit')
        .addColumn('account_id', 'text')
        .addColumn('principal_id', 'text')
        .addColumn('action', 'text')
        .addColumn('resource_id', 'text')
        .addColumn('result', 'text')
        .addColumn('detail', 'text')
        .execute();
    },
  },
};

/** One question to identity, as it was asked. */
export interface Asked {
  readonly action: string;
  readonly resource: string | undefined;
  /** Of services with projects in their paths. */
  readonly projectId?: string;
  readonly conditions: object;
}

/**
 * Permits all but what the actor's name lists (see `actorOf`): `<action>`, or `<action>@<id>` in that enterprise project. No
 * policy allows those; `!<action>` is denied explicitly. `asked` collects the questions, latest last.
 */
export function createIdentityDouble(asked: Asked[] = []): Identity {
  const decide: Identity['decide'] = (actor, request) => {
    const { conditions = {} } = request;
    asked.push(question(request));
    if (isDenied(actor, request, undefined, '!')) return 'denied explicitly';
    return isDenied(actor, request, conditions['g:EnterpriseProjectId']) ? 'not allowed' : 'allowed';
  };
  return {
    async authorize(actor, request) {
      if (decide(actor, request) !== 'allowed')
        throw new AccessDenied(request.action, `${request.action} is denied.`);
    },
    decide,
    async requireSecondFactor() {},
    async refuse(_actor, { action }) {
      throw new AccessDenied(action, `${action} is denied.`);
    },
    async permittedEnterpriseProjects(actor, request) {
      const { action } = request;
      asked.push(question(request));
      const projects = ['0', knownProject];
      const permitted = projects.filter((project) => !isDenied(actor, request, project));
      if (permitted.length === 0) throw new AccessDenied(action, `${action} is denied.`);
      return permitted.length === projects.length ? 'all' : permitted;
    },
    async recordAudit(transaction, actor, event: AuditEvent) {
      await transaction
        .tables<{ test_audit: AuditRow }>()
        .insertInto('test_audit')
        .values({
          account_id: actor.accountId,
          principal_id: actor.principalId,
          action: event.action,
          resource_id: event.resourceId ?? null,
          result: event.result,
          detail: event.detail ?? null,
        })
        .execute();
    },
    isOperatorAccount: async () => true,
    async refuseBecause(_actor, action, explanation) {
      throw new AccessDenied(action, explanation);
    },
    systemActor: (accountId, work) => ({ ...actorOf(accountId, work), kind: 'system' }),
    enterpriseProjectTakesNew: async (_accountId, id) => id === '0' || id === knownProject,
    projectExists: async () => true,
    holdProject: async () => true,
  };
}

function question({ action, resource, projectId, conditions = {} }: AccessRequest): Asked {
  return { action, resource, conditions, ...(projectId !== undefined && { projectId }) };
}

function isDenied(
  { principalName }: Actor,
  { action, aliases = [] }: AccessRequest,
  project: unknown,
  mark = '',
): boolean {
  const denied = principalName.split(',');
  const isListed = (name: string) => denied.includes(mark + name) || denied.includes(`${name}@${project}`);
  return [action, ...aliases].some(isListed);
}

/** `denied`: what the double refuses this actor, separated by commas. */
export function actorOf(accountId: string, principalId: string, denied = ''): Actor {
  return {
    kind: 'user',
    accountId,
    accountName: 'test',
    principalId,
    principalName: denied,
    isRoot: false,
    projectId: undefined,
    accessKeyId: undefined,
    credential: {
      kind: 'token',
      methods: ['password'],
      isFullSession: true,
      signedInAtMs: 0,
      secondFactorAtMs: undefined,
    },
    sourceIp: undefined,
    requestId: 'test',
  };
}
