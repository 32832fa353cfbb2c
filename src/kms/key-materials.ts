import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/db/database.ts';
import { isWrapped, unwrapMaterial } from './at-rest/key-material.ts';
import type { MasterKeyRing } from './at-rest/master-key-ring.ts';
import { isAsymmetric, type KeySpec } from './key-spec.ts';
import { findKeyVersion } from './store.ts';

const CACHED_KEYS = 5_000;
const UNWRAPPED_MS = 600_000;

/** Material of one version, unwrapped and ready for use. */
export type Material =
  | { readonly kind: 'secret'; readonly secret: KeyObject }
  | { readonly kind: 'pair'; readonly privateKey: KeyObject; readonly publicKey: KeyObject };

interface KeyName {
  readonly key_id: string;
  readonly key_spec: KeySpec;
}

export interface KeyMaterialPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly masterKey: MasterKeyRing;
}

/** Unwrapped material of busy keys, bounded in number and time. Whether a key may be used is not decided here. */
export class KeyMaterials {
  readonly #ports: KeyMaterialPorts;
  readonly #keys: LRUCache<string, Map<number, Material>>;
  /** Counts what was dropped: material that was read before is not remembered afterwards. */
  #drops = 0;

  constructor(ports: KeyMaterialPorts) {
    this.#ports = ports;
    const perf = { now: () => ports.clock.nowMs() };
    this.#keys = new LRUCache({ max: CACHED_KEYS, ttl: UNWRAPPED_MS, ttlResolution: 0, perf });
  }

  /** Undefined if there is no such version or its material is deleted. */
  async find(key: KeyName, version: number): Promise<Material | undefined> {
    return this.#keys.get(key.key_id)?.get(version) ?? (await this.#load(key, version));
  }

  async findSecret(key: KeyName, version: number): Promise<KeyObject | undefined> {
    const material = await this.find(key, version);
    return material?.kind === 'secret' ? material.secret : undefined;
  }

  /** To be called when material was deleted or destroyed, after the commit. */
  drop(keyId: string): void {
    this.#drops += 1;
    this.#keys.delete(keyId);
  }

  async #load(key: KeyName, version: number): Promise<Material | undefined> {
    const before = this.#drops;
    const row = await findKeyVersion(this.#ports.database, key.key_id, version);
    if (!isWrapped(row)) return undefined;
    const bytes = await unwrapMaterial(this.#ports.masterKey, row);
    const material = readMaterial(key.key_spec, bytes);
    bytes.fill(0);
    if (before === this.#drops) {
      const versions = this.#keys.get(key.key_id) ?? new Map<number, Material>();
      versions.set(version, material);
      if (!this.#keys.has(key.key_id)) this.#keys.set(key.key_id, versions);
    }
    return material;
  }
}

/** Secret bytes, or PKCS#8 DER of asymmetric keys. Throws for PKCS#8 that is not one. */
export function readMaterial(spec: KeySpec, bytes: Buffer): Material {
  if (!isAsymmetric(spec)) return { kind: 'secret', secret: createSecretKey(bytes) };
  const privateKey = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
  return { kind: 'pair', privateKey, publicKey: createPublicKey(privateKey) };
}
