import { Type } from 'typebox';

export const applicationConfiguration = Type.Object(
  {
    organization_review: Type.Optional(
      Type.Union([Type.Literal('automatic'), Type.Literal('manual')], {
        description: 'whether organisations of OV and EV wait for a review by an operator; default: manual',
      }),
    ),
    lifetime_seconds: Type.Optional(
      Type.Integer({
        minimum: 60,
        maximum: 31_536_000,
        description: 'after this an application fails whose names are not verified; default: 604800, 7 days',
      }),
    ),
    first_check_seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3_600,
        description:
          'between the first check of a name and the second, doubled for each further; default: 10',
      }),
    ),
    longest_check_seconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 86_400, description: 'at most between two checks; default: 900' }),
    ),
  },
  { additionalProperties: false },
);
