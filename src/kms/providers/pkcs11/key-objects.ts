import { LRUCache } from 'lru-cache';
import type { Template } from 'pkcs11js';
import { type Handle, isUnknownHandle, OperationFailed } from './cryptoki.ts';
import type { Sessions } from './sessions.ts';

/** What a key must be for the operation: libraries were seen to crash when it is another. */
export type ObjectKind = 'rsa' | 'ec' | 'aes';

const KNOWN_OBJECTS = 10_000;

/** The token's objects by CKA_ID, which is the name of the key. */
export class KeyObjects {
  readonly #sessions: Sessions;
  readonly #handles = new LRUCache<string, Handle>({ max: KNOWN_OBJECTS });

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  exists(session: Handle, keyName: string): boolean {
    return this.#search(session, this.#named(keyName)).length > 0;
  }

  /** Runs `work` with the key; once more with a new handle if the token no longer knows the one that was remembered. */
  async with<Result>(
    session: Handle,
    kind: ObjectKind,
    keyName: string,
    work: (key: Handle) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await work(this.#get(session, kind, keyName));
    } catch (error) {
      if (!isUnknownHandle(error)) throw error;
      this.#handles.delete(`${kind} ${keyName}`);
      return await work(this.#get(session, kind, keyName));
    }
  }

  destroyAll(session: Handle, keyName: string): void {
    for (const kind of ['rsa', 'ec', 'aes'] as const) this.#handles.delete(`${kind} ${keyName}`);
    for (const object of this.#search(session, this.#named(keyName)))
      this.#sessions.library.C_DestroyObject(session, object);
  }

  /** Handles are those of the application and serve all its sessions (PKCS #11 v2.40 §2.6.4). */
  #get(session: Handle, kind: ObjectKind, keyName: string): Handle {
    const cacheName = `${kind} ${keyName}`;
    const known = this.#handles.get(cacheName);
    if (known) return known;
    const found = this.#search(session, [...this.#named(keyName), ...this.#ofKind(kind)])[0];
    if (!found) throw new OperationFailed('key-missing', keyName);
    this.#handles.set(cacheName, found);
    return found;
  }

  #named(keyName: string): Template {
    return [{ type: this.#sessions.binding.CKA_ID, value: Buffer.from(keyName) }];
  }

  #ofKind(kind: ObjectKind): Template {
    const { binding } = this.#sessions;
    const facts = {
      rsa: [binding.CKO_PRIVATE_KEY, binding.CKK_RSA],
      ec: [binding.CKO_PRIVATE_KEY, binding.CKK_EC],
      aes: [binding.CKO_SECRET_KEY, binding.CKK_AES],
    } as const;
    const [objectClass, keyType] = facts[kind];
    return [
      { type: binding.CKA_CLASS, value: objectClass },
      { type: binding.CKA_KEY_TYPE, value: keyType },
    ];
  }

  #search(session: Handle, template: Template): Handle[] {
    const { library } = this.#sessions;
    library.C_FindObjectsInit(session, template);
    try {
      return library.C_FindObjects(session, 16);
    } finally {
      library.C_FindObjectsFinal(session);
    }
  }
}
