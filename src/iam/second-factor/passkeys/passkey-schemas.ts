import { type Static, Type } from 'typebox';

/** Far above what authenticators send: post-quantum signatures have 3,300 characters. */
const largest = 8_192;
const bytes = Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength: largest });
const credential = {
  id: Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength: 1_400 }),
  rawId: Type.String({ maxLength: 1_400 }),
  type: Type.Literal('public-key'),
  authenticatorAttachment: Type.Optional(Type.Unknown()),
  clientExtensionResults: Type.Optional(Type.Unknown()),
};

/** The answer of browsers to `navigator.credentials.get`, by `toJSON`. */
export const assertionSchema = Type.Object({
  ...credential,
  response: Type.Object({
    clientDataJSON: bytes,
    authenticatorData: bytes,
    signature: bytes,
    userHandle: Type.Optional(Type.Union([bytes, Type.Null()])),
  }),
});
export type Assertion = Static<typeof assertionSchema>;

/** The answer of browsers to `navigator.credentials.create`, by `toJSON`. */
export const attestationSchema = Type.Object({
  ...credential,
  response: Type.Object({
    clientDataJSON: bytes,
    attestationObject: bytes,
    transports: Type.Optional(Type.Array(Type.String({ maxLength: 32 }), { maxItems: 10 })),
  }),
});
export type Attestation = Static<typeof attestationSchema>;
