import type { Reader } from '../platform/db/index.ts';

/** Resources that rows of other capabilities need: a project, the agency of a service of this installation, a bucket. */
export type Foundation = 'project' | 'service-agency' | 'bucket';

/** Rows that stop working when their foundation is deleted. They are counted only: the caller may not be allowed to see them. */
export interface Dependent {
  readonly of: Foundation;
  /** In the plural, as a refusal names them: `KMS keys`. */
  readonly what: string;
  /** Counts the rows of the account. `id` is a project's id, a service such as op_svc_pca, or a bucket's name. */
  readonly count: (reader: Reader, accountId: string, id: string) => Promise<number>;
}

/** Returns for example `KMS keys: 2, keystores: 1`, or undefined where nothing depends on it. */
export async function describeDependents(
  dependents: readonly Dependent[],
  reader: Reader,
  { of, accountId, id }: { readonly of: Foundation; readonly accountId: string; readonly id: string },
): Promise<string | undefined> {
  const counts: string[] = [];
  for (const dependent of dependents) {
    if (dependent.of !== of) continue;
    const count = await dependent.count(reader, accountId, id);
    if (count > 0) counts.push(`${dependent.what}: ${count}`);
  }
  return counts.length === 0 ? undefined : counts.join(', ');
}
