import type { Mechanism } from 'pkcs11js';
import { type Handle, mayBeWrongTag, OperationFailed } from './cryptoki.ts';
import { generateAesKey, generateKeyPair } from './generate-key.ts';
import { KeyObjects } from './key-objects.ts';
import type { Operation, Result } from './messages.ts';
import { ecdsaDer } from './public-key.ts';
import type { Sessions } from './sessions.ts';
import type { GcmMessage, TokenDescription, TokenHash } from './token.ts';

/** RFC 8017 §9.2 note 1: what goes before the digest. */
const digestInfoPrefixes: Readonly<Record<TokenHash, Buffer>> = {
  SHA256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  SHA384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  SHA512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
};
const digestBytes = { SHA256: 32, SHA384: 48, SHA512: 64 } as const;
const LONGEST_SIGNATURE_BYTES = 1024;
const TAG_BYTES = 16;

type SignOperation = Extract<Operation, { kind: 'sign' }>;

/** What one connection does; every method is one operation in one session. */
export class Operations {
  readonly #sessions: Sessions;
  readonly #objects: KeyObjects;

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
    this.#objects = new KeyObjects(sessions);
  }

  async run(operation: Operation): Promise<Result> {
    return await this.#sessions.use((session) => this.#runIn(session, operation));
  }

  async #runIn(session: Handle, operation: Operation): Promise<Result> {
    switch (operation.kind) {
      case 'describe':
        return this.#describe();
      case 'generate-key-pair':
        // Left by an attempt whose answer was lost; the name was never given to anybody.
        this.#objects.destroyAll(session, operation.keyName);
        return await generateKeyPair(this.#sessions, session, operation.keyName, operation.algorithm);
      case 'generate-aes-key':
        this.#objects.destroyAll(session, operation.keyName);
        await generateAesKey(this.#sessions, session, operation.keyName);
        return undefined;
      case 'sign':
        return await this.#sign(session, operation);
      case 'encrypt':
        return await this.#encrypt(session, operation.keyName, operation.message);
      case 'decrypt':
        return await this.#decrypt(session, operation.keyName, operation.message);
      case 'destroy':
        this.#objects.destroyAll(session, operation.keyName);
        return undefined;
      case 'has-key':
        return this.#objects.exists(session, operation.keyName);
    }
  }

  #describe(): TokenDescription {
    const info = this.#sessions.library.C_GetTokenInfo(this.#sessions.slot);
    return {
      label: info.label.trimEnd(),
      manufacturer: info.manufacturerID.trimEnd(),
      model: info.model.trimEnd(),
      serialNumber: info.serialNumber.trimEnd(),
    };
  }

  async #sign(session: Handle, operation: SignOperation): Promise<Uint8Array> {
    const { library } = this.#sessions;
    const { scheme, hash } = operation;
    const digest = Buffer.from(operation.digest);
    if (digest.length !== digestBytes[hash])
      throw new OperationFailed('refused', `a digest of ${hash} is ${digestBytes[hash]} bytes long`);
    const input = scheme === 'RSA_PKCS1' ? Buffer.concat([digestInfoPrefixes[hash], digest]) : digest;
    return await this.#objects.with(
      session,
      scheme === 'ECDSA' ? 'ec' : 'rsa',
      operation.keyName,
      async (key) => {
        library.C_SignInit(session, this.#signMechanism(operation), key);
        const signature = await library.C_SignAsync(session, input, Buffer.alloc(LONGEST_SIGNATURE_BYTES));
        return scheme === 'ECDSA' ? ecdsaDer(signature) : signature;
      },
    );
  }

  #signMechanism({ scheme, hash }: SignOperation): Mechanism {
    const { binding } = this.#sessions;
    switch (scheme) {
      case 'ECDSA':
        return { mechanism: binding.CKM_ECDSA };
      case 'RSA_PKCS1':
        return { mechanism: binding.CKM_RSA_PKCS };
      case 'RSA_PSS': {
        const hashes = {
          SHA256: [binding.CKM_SHA256, binding.CKG_MGF1_SHA256],
          SHA384: [binding.CKM_SHA384, binding.CKG_MGF1_SHA384],
          SHA512: [binding.CKM_SHA512, binding.CKG_MGF1_SHA512],
        } as const;
        const [hashAlg, mgf] = hashes[hash];
        const parameter = { type: binding.CK_PARAMS_RSA_PSS, hashAlg, mgf, saltLen: digestBytes[hash] };
        return { mechanism: binding.CKM_RSA_PKCS_PSS, parameter };
      }
    }
  }

  async #encrypt(session: Handle, keyName: string, message: GcmMessage): Promise<Uint8Array> {
    const { library } = this.#sessions;
    return await this.#objects.with(session, 'aes', keyName, async (key) => {
      library.C_EncryptInit(session, this.#gcm(message), key);
      const data = Buffer.from(message.data);
      const ciphertext = await library.C_EncryptAsync(session, data, Buffer.alloc(data.length + TAG_BYTES));
      data.fill(0);
      return ciphertext;
    });
  }

  async #decrypt(session: Handle, keyName: string, message: GcmMessage): Promise<Uint8Array> {
    const { library } = this.#sessions;
    return await this.#objects.with(session, 'aes', keyName, async (key) => {
      library.C_DecryptInit(session, this.#gcm(message), key);
      const data = Buffer.from(message.data);
      try {
        return await library.C_DecryptAsync(session, data, Buffer.alloc(data.length));
      } catch (error) {
        if (!mayBeWrongTag(error)) throw error;
        // A token that still answers had nothing against the session: the ciphertext was wrong.
        library.C_GetSessionInfo(session);
        throw new OperationFailed('not-genuine', keyName);
      }
    });
  }

  #gcm({ nonce, additionalData }: GcmMessage): Mechanism {
    const { binding } = this.#sessions;
    const iv = Buffer.from(nonce);
    const parameter = {
      type: binding.CK_PARAMS_AES_GCM_v240,
      iv,
      ivBits: iv.length * 8,
      aad: Buffer.from(additionalData),
      tagBits: TAG_BYTES * 8,
    };
    return { mechanism: binding.CKM_AES_GCM, parameter };
  }
}
