import { algorithmTraits, findAlgorithm, type SignatureAlgorithm } from './algorithms.ts';

export interface SignedAuthorization {
  readonly algorithm: SignatureAlgorithm;
  readonly accessKey: string;
  /** `<yyyyMMdd>/<region>/<service>`, with V11 only. */
  readonly scope: string | undefined;
  /** Lower case, in the order of the canonical request. */
  readonly signedHeaders: readonly string[];
  readonly signature: Buffer;
}

const form =
  /^([A-Z0-9-]{1,32}) (Access|Credential)=([^,\s]{1,256}), *SignedHeaders=([^,\s]{1,4096}), *Signature=([0-9a-f]{64})$/;
const headerName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/** Undefined for an unknown algorithm as for a malformed header: both are refused alike. */
export function parseAuthorization(value: string): SignedAuthorization | undefined {
  const match = form.exec(value);
  if (!match) return undefined;
  const [, name, keyField, key, headers, signature] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const algorithm = findAlgorithm(name);
  if (!algorithm || algorithmTraits(algorithm).keyField !== keyField) return undefined;

  const signedHeaders = headers.toLowerCase().split(';').sort();
  if (!signedHeaders.every((header) => headerName.test(header))) return undefined;
  if (new Set(signedHeaders).size !== signedHeaders.length) return undefined;

  const common = { algorithm, signedHeaders, signature: Buffer.from(signature, 'hex') };
  if (keyField === 'Access') return { ...common, accessKey: key, scope: undefined };
  const slash = key.indexOf('/');
  const scope = key.slice(slash + 1);
  if (slash < 1 || !/^\d{8}\/[^/]+\/[^/]+$/.test(scope)) return undefined;
  return { ...common, accessKey: key.slice(0, slash), scope };
}
