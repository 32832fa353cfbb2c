import { Type } from 'typebox';

export const validationConfiguration = Type.Object({}, { additionalProperties: false });
