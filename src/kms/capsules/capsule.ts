import { kmsError } from '../errors.ts';
import { type PolicyDocument, parsePolicyDocument } from '../key-policies/policy-document.ts';

/** What a capsule holds, encrypted under the key: a data key, and who may have it. */
export interface Capsule {
  readonly dataKey: Buffer;
  /** A key policy by its id, as it is when the capsule is opened; or one that stands in the capsule itself. */
  readonly policy: { readonly policyId: string } | { readonly document: PolicyDocument };
}

export function encodeCapsule({ dataKey, policy }: Capsule): Buffer {
  return Buffer.from(JSON.stringify({ datakey: dataKey.toString('base64'), policy }));
}

/** `bytes` come out of an authenticated envelope, so they are what `encodeCapsule` wrote. */
export function decodeCapsule(bytes: Buffer): Capsule {
  const { datakey, policy } = JSON.parse(bytes.toString()) as { datakey: string; policy: Capsule['policy'] };
  return { dataKey: Buffer.from(datakey, 'base64'), policy };
}

/** Exactly one of the two. Throws KMS.0308, KMS.2801. */
export function requirePolicy(
  policyId: string | undefined,
  keyPolicy: string | undefined,
): Capsule['policy'] {
  if ((policyId === undefined) === (keyPolicy === undefined))
    throw kmsError('KMS.0308', 'Send either policy_id or key_policy.');
  if (policyId !== undefined) return { policyId: policyId.toLowerCase() };
  return { document: parsePolicyDocument(keyPolicy ?? '') };
}
