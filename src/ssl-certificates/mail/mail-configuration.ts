import { Type } from 'typebox';

export const mailConfiguration = Type.Object({}, { additionalProperties: false });
