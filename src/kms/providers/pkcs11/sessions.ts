import { type Cryptoki, type Handle, type Library, OperationFailed } from './cryptoki.ts';
import type { Opening } from './messages.ts';

/** Logged-in sessions of one token. Each serves one operation at a time (PKCS #11 v2.40 §2.6.7). */
export class Sessions {
  readonly binding: Cryptoki;
  readonly library: Library;
  readonly slot: Handle;
  readonly #free: Handle[] = [];
  readonly #waiting: ((session: Handle) => void)[] = [];

  /** Throws what the binding throws, or `OperationFailed`. */
  constructor(binding: Cryptoki, opening: Opening) {
    this.binding = binding;
    this.library = new binding.PKCS11();
    try {
      this.library.load(opening.modulePath);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new OperationFailed(
        'unavailable',
        `the PKCS#11 library ${opening.modulePath} does not load: ${reason}`,
      );
    }
    this.library.C_Initialize({ flags: binding.CKF_OS_LOCKING_OK });
    this.slot = this.#findSlot(opening.token);
    const flags = binding.CKF_SERIAL_SESSION | binding.CKF_RW_SESSION;
    for (let count = 0; count < opening.sessions; count += 1)
      this.#free.push(this.library.C_OpenSession(this.slot, flags));
    // The login counts for all sessions of this process with the token.
    this.library.C_Login(this.#free[0]!, binding.CKU_USER, opening.pin);
  }

  /** Runs one operation in a session of its own. */
  async use<Result>(work: (session: Handle) => Promise<Result>): Promise<Result> {
    const session = this.#free.pop() ?? (await new Promise<Handle>((resolve) => this.#waiting.push(resolve)));
    try {
      return await work(session);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(session);
      else this.#free.push(session);
    }
  }

  #findSlot(token: Opening['token']): Handle {
    const slots = this.library.C_GetSlotList(true);
    const slot = slots.find((candidate) =>
      'label' in token
        ? this.library.C_GetTokenInfo(candidate).label.trimEnd() === token.label
        : candidate.readUIntLE(0, 6) === token.slotId,
    );
    if (slot) return slot;
    const wanted = 'label' in token ? `labelled "${token.label}"` : `in slot ${token.slotId}`;
    throw new OperationFailed(
      'unavailable',
      `the PKCS#11 library shows no token ${wanted} (${slots.length} slots with a token)`,
    );
  }
}
