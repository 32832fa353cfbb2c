import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

type Cbor = number | string | Uint8Array | ReadonlyMap<Cbor, Cbor>;

/** As much of CBOR as attestations need (RFC 8949). */
function encodeCbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  return Buffer.concat([
    head(5, value.size),
    ...[...value].flatMap(([key, item]) => [encodeCbor(key), encodeCbor(item)]),
  ]);
}

function head(major: number, count: number): Buffer {
  if (count < 24) return Buffer.from([(major << 5) | count]);
  if (count < 256) return Buffer.from([(major << 5) | 24, count]);
  return Buffer.from([(major << 5) | 25, count >> 8, count & 255]);
}

export interface CreationOptions {
  readonly challenge: string;
  readonly rp: { readonly id?: string };
  readonly user: { readonly id: string };
}

/** What differs from a well-behaved authenticator. */
export interface Misbehaviour {
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly userVerified?: boolean;
  readonly userHandle?: string;
  readonly count?: number;
  readonly attestation?: { readonly format: string; readonly statement: ReadonlyMap<Cbor, Cbor> };
}

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest();

/** A browser at one origin with an authenticator that holds one passkey (ES256) and verifies its user. */
export class SoftAuthenticator {
  readonly #origin: string;
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly credentialId = randomBytes(32);
  #userHandle = '';
  #count = 0;

  constructor(origin: string) {
    this.#origin = origin;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#privateKey = privateKey;
    this.#publicKey = publicKey;
  }

  /** `navigator.credentials.create(...).toJSON()`. */
  create(options: CreationOptions, wrong: Misbehaviour = {}): object {
    this.#userHandle = options.user.id;
    const clientData = this.#clientData('webauthn.create', options.challenge, wrong);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.credentialId.length);
    const attested = Buffer.concat([Buffer.alloc(16), length, this.credentialId, this.#coseKey()]);
    const authData = this.#authData(0x40, wrong, attested);
    const { format, statement } = wrong.attestation ?? { format: 'none', statement: new Map() };
    const attestationObject = encodeCbor(
      new Map<Cbor, Cbor>([
        ['fmt', format],
        ['attStmt', statement],
        ['authData', authData],
      ]),
    );
    return this.#answer({
      clientDataJSON: base64url(clientData),
      attestationObject: base64url(attestationObject),
      transports: ['internal'],
    });
  }

  /** `navigator.credentials.get(...).toJSON()`. */
  get({ challenge }: { readonly challenge: string }, wrong: Misbehaviour = {}): object {
    this.#count = wrong.count ?? this.#count + 1;
    const clientData = this.#clientData('webauthn.get', challenge, wrong);
    const authData = this.#authData(0, wrong, Buffer.alloc(0));
    const signature = sign('sha256', Buffer.concat([authData, sha256(clientData)]), this.#privateKey);
    return this.#answer({
      clientDataJSON: base64url(clientData),
      authenticatorData: base64url(authData),
      signature: base64url(signature),
      userHandle: wrong.userHandle ?? this.#userHandle,
    });
  }

  #answer(response: object): object {
    const id = base64url(this.credentialId);
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response };
  }

  #clientData(type: string, challenge: string, wrong: Misbehaviour): Buffer {
    const data = { type, challenge: wrong.challenge ?? challenge, origin: wrong.origin ?? this.#origin };
    return Buffer.from(JSON.stringify(data));
  }

  #authData(flags: number, wrong: Misbehaviour, attested: Buffer): Buffer {
    const rpId = wrong.rpId ?? new URL(this.#origin).hostname;
    const userPresent = 0x01;
    const userVerified = (wrong.userVerified ?? true) ? 0x04 : 0;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(this.#count);
    return Buffer.concat([sha256(rpId), Buffer.from([flags | userPresent | userVerified]), count, attested]);
  }

  /** Key type EC2, algorithm ES256, curve P-256 (RFC 9053). */
  #coseKey(): Buffer {
    const { x = '', y = '' } = this.#publicKey.export({ format: 'jwk' });
    return encodeCbor(
      new Map<Cbor, Cbor>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x, 'base64url')],
        [-3, Buffer.from(y, 'base64url')],
      ]),
    );
  }
}
