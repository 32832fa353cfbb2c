import { Type } from 'typebox';

/** Six digits, as authenticator apps show them. */
export const totpCode = Type.String({ pattern: '^[0-9]{6}$' });
/** As it was shown; case, blanks and dashes do not matter. */
export const recoveryCode = Type.String({ minLength: 16, maxLength: 40 });
