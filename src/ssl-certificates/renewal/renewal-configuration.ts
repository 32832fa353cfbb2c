import { Type } from 'typebox';

export const renewalConfiguration = Type.Object(
  {
    days_before: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 90, description: 'days before expiry; default: 30' }),
    ),
    after_series: Type.Optional(
      Type.Union([Type.Literal('none'), Type.Literal('reorder')], {
        description:
          'whether a certificate whose years are used up is followed by a new order; default: none',
      }),
    ),
  },
  { additionalProperties: false },
);
