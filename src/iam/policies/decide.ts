import type { AccessRequest } from '../actor.ts';
import { TooManyComparisons, withComparisonBudget } from './comparison-budget.ts';
import type { CompiledStatement } from './compile-policy.ts';
import { type ConditionContext, normaliseConditionKey } from './condition.ts';

/** Where a grant counts: everywhere in the account, in one project, or for one enterprise project's resources. */
export type GrantScope =
  | { readonly kind: 'account' }
  | { readonly kind: 'project'; readonly projectId: string }
  | { readonly kind: 'enterprise-project'; readonly enterpriseProjectId: string };

export interface Grant {
  readonly scope: GrantScope;
  readonly policyId: string;
  readonly policyName: string;
  readonly statements: readonly CompiledStatement[];
}

export type Decision = 'allowed' | 'denied explicitly' | 'not allowed';

export interface DecisionContext {
  /** The project of the credentials, if they have one. */
  readonly projectId: string | undefined;
  /** Condition keys of the caller and the moment (g:UserName, g:SourceIp, ...); those of the request go before. */
  readonly callerConditions: () => Readonly<Record<string, string | undefined>>;
  /** Called before a request is denied because its names and the policies make too many comparisons. */
  readonly onTooCostly?: () => void;
}

/**
 * A Deny that applies wins over every Allow; without an Allow nothing is allowed. What takes too many comparisons is denied: one of
 * those left out could be a Deny's.
 */
export function decide(grants: readonly Grant[], request: AccessRequest, context: DecisionContext): Decision {
  try {
    return withComparisonBudget(() => judge(grants, request, context));
  } catch (error) {
    if (!(error instanceof TooManyComparisons)) throw error;
    context.onTooCostly?.();
    return 'denied explicitly';
  }
}

function judge(grants: readonly Grant[], request: AccessRequest, context: DecisionContext): Decision {
  const names = [request.action, ...(request.aliases ?? [])].map((name) => name.toLowerCase());
  const conditions = lazyConditions(request, context);
  const { resource, resourceAlias } = request;
  const resources = resourceAlias === undefined ? [resource] : [resource, resourceAlias];
  let allowed = false;
  for (const { scope, statements } of grants) {
    for (const statement of statements) {
      const isDeny = statement.effect === 'Deny';
      if (allowed && !isDeny) continue;
      if (!(isDeny ? denialApplies(scope, request) : permissionApplies(scope, request, context))) continue;
      if (!statement.matchesAction(names)) continue;
      if (!statement.matchesResource(resources, names)) continue;
      if (!statement.conditions.every((holds) => holds(conditions))) continue;
      if (isDeny) return 'denied explicitly';
      allowed = true;
    }
  }
  return allowed ? 'allowed' : 'not allowed';
}

/** An Allow counts where the request, or else the credential, is known to be within its scope. */
function permissionApplies(scope: GrantScope, request: AccessRequest, context: DecisionContext): boolean {
  switch (scope.kind) {
    case 'account':
      return true;
    case 'project':
      return scope.projectId === (request.projectId ?? context.projectId);
    case 'enterprise-project':
      return request.conditions?.['g:EnterpriseProjectId'] === scope.enterpriseProjectId;
  }
}

/**
 * A Deny counts unless the request is known to be about something outside its scope. The credential's project does not tell:
 * callers choose it, and resources of services without projects in their paths are reached with any.
 */
function denialApplies(scope: GrantScope, request: AccessRequest): boolean {
  switch (scope.kind) {
    case 'account':
      return true;
    case 'project':
      return request.projectId === undefined || request.projectId === scope.projectId;
    case 'enterprise-project': {
      const requested = request.conditions?.['g:EnterpriseProjectId'];
      return requested === undefined || requested === scope.enterpriseProjectId;
    }
  }
}

/** Most policies have no conditions, so the values are gathered only when one asks. */
function lazyConditions(request: AccessRequest, context: DecisionContext): ConditionContext {
  let values: Map<string, readonly string[]> | undefined;
  const openKeys = new Set(request.openConditions?.map(normaliseConditionKey));
  return {
    valuesOf(key) {
      values ??= gather([context.callerConditions(), request.conditions ?? {}]);
      return values.get(key);
    },
    isOpen: (key) => openKeys.has(key),
  };
}

function gather(sources: readonly Required<AccessRequest>['conditions'][]): Map<string, readonly string[]> {
  const values = new Map<string, readonly string[]>();
  for (const source of sources)
    for (const [key, value] of Object.entries(source))
      if (value !== undefined)
        values.set(normaliseConditionKey(key), typeof value === 'string' ? [value] : value);
  return values;
}
