import { Type } from 'typebox';

export const notificationConfiguration = Type.Object({}, { additionalProperties: false });
