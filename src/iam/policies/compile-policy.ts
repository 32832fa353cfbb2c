import { type CompiledCondition, compileConditions } from './condition.ts';
import { compileGlob, type TextMatcher } from './glob.ts';
import type { PolicyDocument, PolicyStatement } from './policy-document.ts';

export interface CompiledStatement {
  readonly effect: 'Allow' | 'Deny';
  /** Takes lower-case action names: actions are case-insensitive. */
  readonly matchesAction: TextMatcher;
  /** Undefined where the action has no resource. */
  readonly matchesResource: (resource: string | undefined) => boolean;
  readonly conditions: readonly CompiledCondition[];
}

/** Throws MalformedPolicy where conditions cannot be understood, so a policy that is stored is one that can be evaluated. */
export function compilePolicy(document: PolicyDocument): readonly CompiledStatement[] {
  return document.Statement.map((statement) => ({
    effect: statement.Effect,
    matchesAction: compileActions(statement),
    matchesResource: compileResources(statement),
    conditions: compileConditions(statement.Condition),
  }));
}

function compileActions(statement: PolicyStatement): TextMatcher {
  const matchers = (statement.Action ?? statement.NotAction ?? []).map((pattern) =>
    compileGlob(pattern.toLowerCase()),
  );
  return statement.Action
    ? (action) => matchers.some((matches) => matches(action))
    : (action) => !matchers.some((matches) => matches(action));
}

function compileResources(statement: PolicyStatement): CompiledStatement['matchesResource'] {
  if (statement.NotResource) {
    const excluded = statement.NotResource.map(compileGlob);
    return (resource) => resource === undefined || !excluded.some((matches) => matches(resource));
  }
  if (statement.Resource === undefined) return () => true;
  const patterns: readonly string[] =
    'uri' in statement.Resource ? statement.Resource.uri : statement.Resource;
  // Asking for nothing in particular (a quota, a certificate) is within a statement about all of a service only.
  const everything = patterns.some((pattern) => /^(\*|[\w*-]*(:\*)+)$/.test(pattern));
  const matchers = patterns.map(compileGlob);
  return (resource) =>
    everything || (resource !== undefined && matchers.some((matches) => matches(resource)));
}
