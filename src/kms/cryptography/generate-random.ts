import { authorize } from '../access.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import type { Caller } from '../permissions.ts';

/** `length`: bits as text, 8 to 8192 (KMS.1801), a multiple of 8 (KMS.1802). */
export async function generateRandom(
  context: KmsContext,
  caller: Caller,
  length: string | number,
): Promise<Uint8Array> {
  const bits = /^[0-9]{1,5}$/.test(String(length)) ? Number(length) : Number.NaN;
  if (!(bits >= 8 && bits <= 8192))
    throw kmsError('KMS.1801', 'Any multiple of 8 from 8 to 8192 bits, as text, is taken.');
  if (bits % 8 !== 0) throw kmsError('KMS.1802', `${bits} is not.`);
  await authorize(context, caller, 'generateRandom');
  return context.random.bytes(bits / 8);
}
