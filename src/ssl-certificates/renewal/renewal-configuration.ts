import { Type } from 'typebox';

export const renewalConfiguration = Type.Object({}, { additionalProperties: false });
