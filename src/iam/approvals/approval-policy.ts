/** The operations that an account can protect by a second user's approval. */
export const approvableOperations = [
  'delete-root-ca',
  'delete-key',
  'change-issuance-policy',
  'share-ca',
] as const;

/** `weaken-approval-policy` is protected wherever another operation is: else one user would just switch that off. */
export type ApprovableOperation = (typeof approvableOperations)[number] | 'weaken-approval-policy';

/** As a person is told about it. */
export const operationWords: Readonly<Record<ApprovableOperation, string>> = {
  'delete-root-ca': 'delete a root CA',
  'delete-key': 'schedule the deletion of a key, or delete its imported material',
  'change-issuance-policy': 'change the issuance policy of a CA',
  'share-ca': 'share a CA with other accounts',
  'weaken-approval-policy': 'ask for fewer approvals, or let more users approve',
};

export interface ApprovalPolicy {
  readonly operations: readonly (typeof approvableOperations)[number][];
  /** Lifetime of a request, in hours, from its opening to its use. */
  readonly requestHours: number;
  /** Users that may approve if they have the permission; empty: every user that has it. */
  readonly approverIds: readonly string[];
}

export const defaultApprovalPolicy: ApprovalPolicy = { operations: [], requestHours: 24, approverIds: [] };

export function needsApproval(policy: ApprovalPolicy, operation: ApprovableOperation): boolean {
  if (operation === 'weaken-approval-policy') return policy.operations.length > 0;
  return policy.operations.includes(operation);
}

/** Reports whether the next policy asks for less than the current one. */
export function isWeaker(current: ApprovalPolicy, next: ApprovalPolicy): boolean {
  if (current.operations.length === 0) return false;
  if (current.operations.some((operation) => !next.operations.includes(operation))) return true;
  if (next.requestHours > current.requestHours) return true;
  if (current.approverIds.length === 0) return false;
  return next.approverIds.length === 0 || next.approverIds.some((id) => !current.approverIds.includes(id));
}
