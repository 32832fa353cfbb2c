import { Type } from 'typebox';

export const issuerConfiguration = Type.Object({}, { additionalProperties: false });
