import type { PolicyDocument } from './policy-document.ts';

/** How the vendor's console shows a policy: AX for account-wide services, XA for projects, AA for both. Decides nothing. */
export type PolicyDisplay = 'AX' | 'XA' | 'AA';

export interface Policy {
  readonly policyId: string;
  /** Undefined for system policies. */
  readonly accountId: string | undefined;
  /** Internal name, such as te_admin or custom_<id>; the display name is what people see. */
  readonly name: string;
  readonly displayName: string;
  readonly type: PolicyDisplay;
  readonly catalog: string;
  readonly description: string;
  readonly document: PolicyDocument;
  /** Milliseconds; undefined for system policies. */
  readonly createdAt: number | undefined;
  readonly updatedAt: number | undefined;
}
