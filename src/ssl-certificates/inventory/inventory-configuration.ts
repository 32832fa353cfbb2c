import { Type } from 'typebox';
import type { SslConfiguration } from '../configuration.ts';

/** Section `inventory`: endpoints whose certificates are watched. */
export const inventoryConfiguration = Type.Object(
  {
    probe_hours: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 720, description: 'between two looks at an endpoint; default: 6' }),
    ),
    endpoints_per_account: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 100_000, description: 'at most; default: 1000' }),
    ),
  },
  { additionalProperties: false },
);

export interface InventorySettings {
  readonly periodMs: number;
  readonly mostEndpoints: number;
}

export function inventorySettings({ inventory = {} }: SslConfiguration): InventorySettings {
  return {
    periodMs: (inventory.probe_hours ?? 6) * 3_600_000,
    mostEndpoints: inventory.endpoints_per_account ?? 1_000,
  };
}
