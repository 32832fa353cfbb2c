import type { GcmMessage, TokenDescription, TokenHash, TokenKeyPairAlgorithm, TokenScheme } from './token.ts';

/** How a connection is opened, sent to the process first. */
export interface Opening {
  readonly modulePath: string;
  readonly token: { readonly label: string } | { readonly slotId: number };
  readonly pin: string;
  readonly sessions: number;
}

export type Operation =
  | { readonly kind: 'describe' }
  | {
      readonly kind: 'generate-key-pair';
      readonly keyName: string;
      readonly algorithm: TokenKeyPairAlgorithm;
    }
  | { readonly kind: 'generate-aes-key'; readonly keyName: string }
  | {
      readonly kind: 'sign';
      readonly keyName: string;
      readonly scheme: TokenScheme;
      readonly hash: TokenHash;
      readonly digest: Uint8Array;
    }
  | { readonly kind: 'encrypt' | 'decrypt'; readonly keyName: string; readonly message: GcmMessage }
  | { readonly kind: 'destroy' | 'has-key'; readonly keyName: string };

export type Result = TokenDescription | Uint8Array | boolean | undefined;

export type FailureKind =
  /** The connection is lost or was never made; the process ends after it. */
  | 'unavailable'
  /** This operation hangs, so it is not tried again. */
  | 'timeout'
  /** The PIN is wrong: to try again would lock the token. */
  | 'pin'
  | 'refused'
  | 'key-missing'
  | 'not-genuine';

export interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
}

export type ToProcess =
  | { readonly kind: 'open'; readonly opening: Opening }
  | { readonly kind: 'run'; readonly id: number; readonly operation: Operation };

export type FromProcess =
  | { readonly kind: 'opened' }
  | { readonly kind: 'not-opened'; readonly failure: Failure }
  | { readonly kind: 'done'; readonly id: number; readonly result: Result }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure };
