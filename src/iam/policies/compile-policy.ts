import { type CompiledCondition, compileConditions } from './condition.ts';
import { compileGlob, type TextMatcher } from './glob.ts';
import type { PolicyDocument, PolicyStatement } from './policy-document.ts';

/** All names of the requested action, in lower case: actions are case-insensitive. */
export type ActionNames = readonly string[];

type ResourceNames = readonly (string | undefined)[];
type ResourceTest = (resource: string | undefined, names: ActionNames) => boolean;

export interface CompiledStatement {
  /** The statement that it was compiled from. */
  readonly source: PolicyStatement;
  readonly effect: 'Allow' | 'Deny';
  readonly matchesAction: (names: ActionNames) => boolean;
  /** The resource by all its names; undefined where the action has none. */
  readonly matchesResource: (resources: ResourceNames, names: ActionNames) => boolean;
  readonly conditions: readonly CompiledCondition[];
}

/** Throws MalformedPolicy where conditions cannot be understood, so a policy that is stored is one that can be evaluated. */
export function compilePolicy(document: PolicyDocument): readonly CompiledStatement[] {
  return document.Statement.map((statement) => ({
    source: statement,
    effect: statement.Effect,
    matchesAction: compileActions(statement),
    matchesResource: compileResources(statement),
    conditions: compileConditions(statement.Condition, statement.Effect),
  }));
}

/**
 * An action is listed if any of its names is. So NotAction leaves it out under all its names, whichever of them the policy
 * uses: an Allow does not reach it by another name.
 */
function compileActions(statement: PolicyStatement): CompiledStatement['matchesAction'] {
  const patterns = statement.Action ?? statement.NotAction ?? [];
  const matchers = patterns.map((pattern) => compileGlob(pattern.toLowerCase()));
  const isListed = (names: ActionNames) => matchers.some((matches) => names.some(matches));
  return statement.Action ? isListed : (names) => !isListed(names);
}

/** An Allow does not reach what NotResource leaves out by any name of the resource; a Deny holds if it does for any name. */
function compileResources(statement: PolicyStatement): CompiledStatement['matchesResource'] {
  if (statement.NotResource) {
    const isExcluded = compileResourceList(statement.NotResource);
    const isWithin: ResourceTest = (resource, names) => !isExcluded(resource, names);
    return statement.Effect === 'Deny'
      ? (resources, names) => resources.some((resource) => isWithin(resource, names))
      : (resources, names) => resources.every((resource) => isWithin(resource, names));
  }
  if (statement.Resource === undefined) return () => true;
  const isListed = compileResourceList(
    'uri' in statement.Resource ? statement.Resource.uri : statement.Resource,
  );
  return (resources, names) => resources.some((resource) => isListed(resource, names));
}

/** A request without a resource (a quota, a new key) is within a pattern only if that covers all of the action's service. */
function compileResourceList(patterns: readonly string[]): ResourceTest {
  const services = patterns.flatMap((pattern) => compileWholeService(pattern) ?? []);
  const matchers = patterns.map((pattern) => compileGlob(normaliseResource(pattern)));
  return (resource, names) =>
    services.some((matches) => names.some((name) => matches(serviceOf(name)))) ||
    (resource !== undefined && matchers.some((matches) => matches(resource)));
}

/** Matches the service of a pattern that covers all its resources; undefined for other patterns. */
function compileWholeService(pattern: string): TextMatcher | undefined {
  const service = wholeServiceOf(pattern);
  return service === undefined ? undefined : compileGlob(service);
}

/** The service, itself a pattern, of all whose resources a pattern is about, as in `kms:*:*:*:*`; undefined for other patterns. */
export function wholeServiceOf(pattern: string): string | undefined {
  if (/^\*+$/.test(pattern)) return '*';
  return /^([^:]*)(?::\*+)+$/.exec(pattern)?.[1]?.toLowerCase();
}

function serviceOf(actionName: string): string {
  return actionName.slice(0, actionName.indexOf(':'));
}

/**
 * Resources of requests begin with the service in lower case and any region, `kms:*:`: an installation is one region. The
 * vendor's examples also write `OBS:` and name regions; a Deny of that form must hold.
 */
export function normaliseResource(pattern: string): string {
  const [service = '', region, ...rest] = pattern.split(':');
  if (region === undefined) return pattern;
  const isComplete = rest.length >= 3;
  return [service.toLowerCase(), isComplete ? '*' : region, ...rest].join(':');
}
