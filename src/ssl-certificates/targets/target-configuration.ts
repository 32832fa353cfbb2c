import { Type } from 'typebox';

export const targetConfiguration = Type.Array(Type.Object({}, { additionalProperties: false }));
