import { Containment } from './contain.ts';
import type { Grant, GrantScope } from './decide.ts';
import type { PolicyStatement } from './policy-document.ts';

/** A right that is given and that the giver lacks. */
export interface Uncovered {
  readonly policyId: string;
  readonly policyName: string;
  /** As the policy writes it, for the person who is refused. */
  readonly action: string;
}

interface Statement {
  readonly policyId: string;
  readonly scope: GrantScope;
  readonly policyName: string;
  readonly source: PolicyStatement;
}

/**
 * Finds the first right in `given` that the holder of `held` lacks; undefined if the holder has all of them. `denials` are all
 * that limits whoever is given the rights.
 *
 * The comparison is sound and not complete. If it finds nothing, each request that `given` with `denials` allows is allowed by
 * `held` too. It may find a right that is held in fact, such as one that two statements cover together.
 */
export function findUncovered(
  held: readonly Grant[],
  given: readonly Grant[],
  denials: readonly Grant[] = given,
): Uncovered | undefined {
  const heldAllows = statementsOf(held, 'Allow');
  const heldDenials = statementsOf(held, 'Deny');
  const kept = statementsOf(denials, 'Deny');
  const containment = new Containment();
  const covers = (wide: Statement, narrow: Statement) => statementCovers(containment, wide, narrow);
  // A denial of the giver has to limit the receiver as well.
  const isKept = (denial: Statement) =>
    partsOf(denial).every((part) => kept.some((other) => covers(other, part)));

  for (const part of statementsOf(given, 'Allow').flatMap(partsOf)) {
    const isHeld =
      heldAllows.some((allow) => covers(allow, part)) &&
      heldDenials.every((denial) => !mayOverlap(denial.source, part.source) || isKept(denial));
    if (!isHeld)
      return { policyId: part.policyId, policyName: part.policyName, action: actionText(part.source) };
  }
  return undefined;
}

/** Returns the rights that come back when the Denies are taken away: at most what they denied, anywhere in the account. */
export function liftedDenials(grants: readonly Grant[]): readonly Grant[] {
  return grants.flatMap((grant) => {
    const statements = grant.statements
      .filter(({ effect }) => effect === 'Deny')
      .map((statement) => {
        const { Condition: _, ...source } = statement.source;
        return { ...statement, effect: 'Allow' as const, source: { ...source, Effect: 'Allow' as const } };
      });
    // A Deny on one project also counts where no project is known.
    return statements.length === 0 ? [] : [{ ...grant, scope: { kind: 'account' } as const, statements }];
  });
}

function statementsOf(grants: readonly Grant[], effect: PolicyStatement['Effect']): Statement[] {
  return grants.flatMap(({ scope, policyId, policyName, statements }) =>
    statements
      .filter((statement) => statement.effect === effect)
      .map(({ source }) => ({ scope, policyId, policyName, source })),
  );
}

/** A statement means the union of its actions, so each may be covered by another statement. */
function partsOf(statement: Statement): readonly Statement[] {
  const { Action: actions, ...rest } = statement.source;
  if (!actions) return [statement];
  return actions.map((action) => ({ ...statement, source: { ...rest, Action: [action] } }));
}

function statementCovers(containment: Containment, wide: Statement, narrow: Statement): boolean {
  return (
    scopeCovers(wide.scope, narrow.scope) &&
    (hasNoCondition(wide.source) || hasSameCondition(wide.source, narrow.source)) &&
    actionsCover(containment, wide.source, narrow.source) &&
    resourcesCover(containment, wide.source, narrow.source)
  );
}

function scopeCovers(wide: GrantScope, narrow: GrantScope): boolean {
  switch (wide.kind) {
    case 'account':
      return true;
    case 'project':
      return narrow.kind === 'project' && narrow.projectId === wide.projectId;
    case 'enterprise-project':
      return narrow.kind === 'enterprise-project' && narrow.enterpriseProjectId === wide.enterpriseProjectId;
  }
}

function actionsCover(containment: Containment, wide: PolicyStatement, narrow: PolicyStatement): boolean {
  if (wide.Action) {
    const patterns = wide.Action.map(normaliseAction);
    // All but some is covered by everything only.
    const wanted = narrow.Action?.map(normaliseAction) ?? ['*:*:*'];
    return wanted.every((action) => patterns.some((pattern) => containment.pattern(pattern, action)));
  }
  // An action has several names, so one that is listed here may be left out there by another of its names.
  const excluded = narrow.NotAction?.map(normaliseAction) ?? [];
  return (wide.NotAction ?? []).every((left) =>
    excluded.some((pattern) => containment.pattern(pattern, normaliseAction(left))),
  );
}

function resourcesCover(containment: Containment, wide: PolicyStatement, narrow: PolicyStatement): boolean {
  if (wide.NotResource)
    return narrow.NotResource !== undefined && containment.resources(narrow.NotResource, wide.NotResource);
  const patterns = resourceList(wide);
  if (patterns === undefined) return true;
  return containment.resources(patterns, resourceList(narrow) ?? ['*']);
}

/** Undefined for all resources; NotResource counts as all, which is more than it is. */
function resourceList({ Resource: resource }: PolicyStatement): readonly string[] | undefined {
  return resource && 'uri' in resource ? resource.uri : resource;
}

function hasNoCondition({ Condition: condition }: PolicyStatement): boolean {
  return condition === undefined || Object.keys(condition).length === 0;
}

/** A condition on who asks means another thing for another user. */
function hasSameCondition(wide: PolicyStatement, narrow: PolicyStatement): boolean {
  if (isAboutUser(wide)) return false;
  return JSON.stringify(wide.Condition) === JSON.stringify(narrow.Condition);
}

/** Reports whether a statement depends on the id or the name of the user who asks. */
export function isAboutUser({ Condition: condition }: PolicyStatement): boolean {
  const keys = Object.values(condition ?? {}).flatMap(Object.keys);
  return keys.some((key) => /^g:User(Id|Name)$/i.test(key));
}

/** Names of one action are all of one service; whatever else differs, two patterns may mean the same action. */
function mayOverlap(denial: PolicyStatement, allow: PolicyStatement): boolean {
  if (!denial.Action || !allow.Action) return true;
  return denial.Action.some((denied) =>
    allow.Action!.some((allowed) => {
      const services = [denied, allowed].map((pattern) => normaliseAction(pattern).split(':')[0]!);
      return services.some((service) => /[*?]/.test(service)) || services[0] === services[1];
    }),
  );
}

/** Every action has the form service:type:operation, so `scm:*` means `scm:*:*`. */
function normaliseAction(pattern: string): string {
  const lower = pattern.toLowerCase();
  const missing = 3 - lower.split(':').length;
  return lower.endsWith('*') && missing > 0 ? lower + ':*'.repeat(missing) : lower;
}

function actionText({ Action, NotAction }: PolicyStatement): string {
  return Action ? Action.join(', ') : `all but ${NotAction?.join(', ')}`;
}
