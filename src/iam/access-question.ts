import type { AccessRequest } from './actor.ts';
import type { ApprovableOperation } from './approvals/approval-policy.ts';

/** Condition keys of the services' own actions; the vendor's names. */
export type ConditionKey =
  | 'g:EnterpriseProjectId'
  | 'pca:CommonName'
  /** Extensions: all names of the certificate. */
  | 'pca:SubjectNames'
  | 'scm:SubjectNames'
  /** One for each tag of the resource, `g:ResourceTag/<key>`. */
  | 'g:ResourceTag'
  /** One for each tag that the request names, `g:RequestTag/<key>`. */
  | 'g:RequestTag'
  | 'g:TagKeys';

export interface Permission {
  readonly action: string;
  /** Other names of the action; a policy may use any of them. */
  readonly aliases: readonly string[];
  readonly conditionKeys: readonly ConditionKey[];
  /** See AccessRequest. */
  readonly isCritical: boolean;
}

/** What a request says about tags: to be written, to be deleted, or searched for. */
export type RequestedTags = readonly { readonly key: string; readonly values: readonly string[] }[];

/** What a permission is asked for, as far as it is known. */
export interface AccessTarget {
  readonly resource?: string;
  /** See AccessRequest. */
  readonly resourceAlias?: string;
  /** See AccessRequest. */
  readonly approval?: ApprovableOperation | undefined;
  readonly enterpriseProjectId?: string | undefined;
  /** Common names of the certificate; a subject may have several. */
  readonly commonNames?: readonly string[] | undefined;
  /** All names of the certificate, each as `<type>:<name>` with CN, DNS, IP, EMAIL, URI or UPN. */
  readonly subjectNames?: readonly string[] | undefined;
  readonly resourceTags?: readonly { readonly key: string; readonly value: string }[] | undefined;
  readonly requestedTags?: RequestedTags | undefined;
  /** Asks about every name that a certificate may have. */
  readonly forAnyNames?: boolean;
  /** Asks about every enterprise project at once, where an answer cannot be narrowed to those that the actor may see. */
  readonly forAnyProject?: boolean;
}

const projectKey: ConditionKey = 'g:EnterpriseProjectId';
const nameKeys: readonly ConditionKey[] = ['pca:CommonName', 'pca:SubjectNames', 'scm:SubjectNames'];

export function permission(
  action: string,
  conditionKeys: readonly ConditionKey[],
  ...aliases: string[]
): Permission {
  return { action, aliases, conditionKeys, isCritical: false };
}

/** Marks a permission for operations that the account may ask a recent second factor for. */
export function critical(plain: Permission): Permission {
  return { ...plain, isCritical: true };
}

/** The question to identity: may the actor use this permission, on this resource, under these conditions? */
export function askFor(
  { action, aliases, conditionKeys, isCritical }: Permission,
  target: AccessTarget,
): AccessRequest {
  const conditions = Object.fromEntries(conditionKeys.flatMap((key) => conditionsOf(key, target)));
  return {
    action,
    aliases,
    conditions,
    isCritical,
    ...(target.resource === undefined ? {} : { resource: target.resource }),
    ...(target.resourceAlias === undefined ? {} : { resourceAlias: target.resourceAlias }),
    ...openConditions(target),
    ...(target.approval === undefined ? {} : { approval: target.approval }),
  };
}

function openConditions({ forAnyNames, forAnyProject }: AccessTarget) {
  const open = [...(forAnyNames ? nameKeys : []), ...(forAnyProject ? [projectKey] : [])];
  return open.length === 0 ? {} : { openConditions: open };
}

function conditionsOf(
  key: ConditionKey,
  { enterpriseProjectId, commonNames, subjectNames, resourceTags = [], requestedTags = [] }: AccessTarget,
): readonly (readonly [string, string | readonly string[] | undefined])[] {
  switch (key) {
    case 'g:EnterpriseProjectId':
      return [[key, enterpriseProjectId]];
    case 'pca:CommonName':
      return [[key, commonNames]];
    case 'pca:SubjectNames':
    case 'scm:SubjectNames':
      return [[key, subjectNames]];
    case 'g:ResourceTag':
      return resourceTags.map((tag) => [`${key}/${tag.key}`, tag.value]);
    case 'g:RequestTag':
      return requestedTags.map((tag) => [`${key}/${tag.key}`, tag.values]);
    case 'g:TagKeys':
      return [[key, requestedTags.map((tag) => tag.key)]];
  }
}
