import type { IamContext } from '../context.ts';
import type { TotpDeviceTable } from '../tables.ts';

/** Binds a wrapped seed to its device: it cannot be moved to another one. */
function placeOf(serialNumber: string): string {
  return `iam totp device ${serialNumber}`;
}

export function wrapSeed(iam: IamContext, serialNumber: string, seed: Uint8Array): Promise<Uint8Array> {
  return iam.secretWrapper.wrap(seed, placeOf(serialNumber));
}

/** Lets `use` work with the seed of a device, which is wiped afterwards. */
export async function withSeed<Result>(
  iam: IamContext,
  device: TotpDeviceTable,
  use: (seed: Uint8Array) => Result,
): Promise<Result> {
  const seed = await iam.secretWrapper.unwrap(device.wrapped_seed, placeOf(device.serial_number));
  try {
    return use(seed);
  } finally {
    seed.fill(0);
  }
}
