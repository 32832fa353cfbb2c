/** The two grammars of the vendor: 1.0 and 1.1 are roles and policies, 5.0 are identity policies. */
export interface PolicyDocument {
  readonly Version: '1.0' | '1.1' | '5.0';
  readonly Statement: readonly PolicyStatement[];
  /** Policies that a role expects beside it. Shown, not enforced: a missing one grants nothing anyway. */
  readonly Depends?: readonly { readonly catalog: string; readonly display_name: string }[];
}

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: readonly string[];
  /** 5.0 only. */
  readonly NotAction?: readonly string[];
  /** In 1.1 also `{"uri": [...]}`, the form in which agencies are named. */
  readonly Resource?: readonly string[] | { readonly uri: readonly string[] };
  /** 5.0 only. */
  readonly NotResource?: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

const maximumStatements = 50;
const maximumActions = 200;
/** The vendor's limit of a custom policy. */
const maximumCharacters = 6144;
const actionForm = /^(\*|[\w*?-]+:[\w*?-]*(:[\w*?-]+)?)$/;

/** Why a document cannot be accepted, for the person who wrote it; names the place and the rule. */
export class MalformedPolicy extends Error {}

type JsonObject = Readonly<Record<string, unknown>>;

/** Takes what JSON gave; single values where lists are expected are accepted, as the vendor does. Throws MalformedPolicy. */
export function parsePolicyDocument(value: unknown): PolicyDocument {
  const document = objectAt(value, 'policy');
  const version = document.Version;
  if (version !== '1.0' && version !== '1.1' && version !== '5.0')
    throw new MalformedPolicy('policy.Version must be "1.1" or "5.0".');
  if (JSON.stringify(value).length > maximumCharacters)
    throw new MalformedPolicy(`policy must be at most ${maximumCharacters} characters.`);
  const statements = document.Statement;
  if (!Array.isArray(statements) || statements.length === 0 || statements.length > maximumStatements)
    throw new MalformedPolicy(`policy.Statement must be a list of 1 to ${maximumStatements} statements.`);
  const parsed = statements.map((statement, index) =>
    parseStatement(objectAt(statement, `policy.Statement[${index}]`), `policy.Statement[${index}]`, version),
  );
  const depends = parseDepends(document.Depends);
  return { Version: version, Statement: parsed, ...(depends ? { Depends: depends } : {}) };
}

function parseStatement(
  statement: JsonObject,
  place: string,
  version: PolicyDocument['Version'],
): PolicyStatement {
  const { Effect: effect, Sid: sid } = statement;
  if (effect !== 'Allow' && effect !== 'Deny')
    throw new MalformedPolicy(`${place}.Effect must be "Allow" or "Deny".`);
  const allowed = version === '5.0' ? [...commonMembers, 'NotAction', 'NotResource'] : commonMembers;
  for (const member of Object.keys(statement))
    if (!allowed.includes(member))
      throw new MalformedPolicy(`${place}.${member} is not part of grammar ${version}.`);
  return {
    ...(typeof sid === 'string' ? { Sid: sid } : {}),
    Effect: effect,
    ...exactlyOneActionList(statement, place),
    ...parseResources(statement, place),
    ...(statement.Condition === undefined ? {} : { Condition: parseCondition(statement.Condition, place) }),
  };
}

const commonMembers: readonly string[] = ['Sid', 'Effect', 'Action', 'Resource', 'Condition'];

function exactlyOneActionList(
  statement: JsonObject,
  place: string,
): Pick<PolicyStatement, 'Action' | 'NotAction'> {
  const name = statement.Action === undefined ? 'NotAction' : 'Action';
  if (statement.Action !== undefined && statement.NotAction !== undefined)
    throw new MalformedPolicy(`${place} must have Action or NotAction, not both.`);
  const actions = stringList(statement[name], `${place}.Action`);
  if (actions.length === 0 || actions.length > maximumActions)
    throw new MalformedPolicy(`${place}.Action must have 1 to ${maximumActions} entries.`);
  for (const action of actions)
    if (!actionForm.test(action))
      throw new MalformedPolicy(`${place}.Action "${action}" must have the form service:type:operation.`);
  return { [name]: actions };
}

function parseResources(
  statement: JsonObject,
  place: string,
): Pick<PolicyStatement, 'Resource' | 'NotResource'> {
  if (statement.Resource !== undefined && statement.NotResource !== undefined)
    throw new MalformedPolicy(`${place} must have Resource or NotResource, not both.`);
  if (statement.NotResource !== undefined)
    return { NotResource: entriesOf(statement.NotResource, `${place}.NotResource`) };
  const resource = statement.Resource;
  if (resource === undefined || resource === null) return {};
  if (typeof resource === 'object' && !Array.isArray(resource))
    return { Resource: { uri: entriesOf((resource as JsonObject).uri, `${place}.Resource.uri`) } };
  return { Resource: entriesOf(resource, `${place}.Resource`) };
}

function parseCondition(value: unknown, place: string): NonNullable<PolicyStatement['Condition']> {
  const condition: Record<string, Record<string, readonly string[]>> = {};
  for (const [operator, keys] of Object.entries(objectAt(value, `${place}.Condition`))) {
    const at = `${place}.Condition.${operator}`;
    condition[operator] = Object.fromEntries(
      Object.entries(objectAt(keys, at)).map(([key, values]) => [key, entriesOf(values, `${at}.${key}`)]),
    );
  }
  return condition;
}

function parseDepends(value: unknown): PolicyDocument['Depends'] {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw new MalformedPolicy('policy.Depends must be a list.');
  return value.map((entry, index) => {
    const { catalog, display_name } = objectAt(entry, `policy.Depends[${index}]`);
    if (typeof catalog !== 'string' || typeof display_name !== 'string')
      throw new MalformedPolicy(`policy.Depends[${index}] must have catalog and display_name.`);
    return { catalog, display_name };
  });
}

/** An empty list would make a Deny deny nothing, or a NotResource allow everything. */
function entriesOf(value: unknown, place: string): readonly string[] {
  const list = stringList(value, place);
  if (list.length === 0) throw new MalformedPolicy(`${place} must have at least one entry.`);
  return list;
}

function stringList(value: unknown, place: string): readonly string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.map((entry) => {
    // Conditions may be written with bare booleans and numbers.
    if (typeof entry === 'boolean' || typeof entry === 'number') return String(entry);
    if (typeof entry !== 'string') throw new MalformedPolicy(`${place} must be a list of strings.`);
    return entry;
  });
}

function objectAt(value: unknown, place: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MalformedPolicy(`${place} must be an object.`);
  return value as JsonObject;
}
