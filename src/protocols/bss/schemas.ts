import { Type } from 'typebox';

const text = Type.String();
const nullableText = Type.Union([text, Type.Null()]);

const page = {
  offset: Type.Integer({ minimum: 0, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 10 }),
};

export const orderParams = Type.Object({ order_id: Type.String({ minLength: 1, maxLength: 64 }) });
export const resourceParams = Type.Object({ resource_id: Type.String({ minLength: 1, maxLength: 64 }) });

export const detailsQuery = Type.Object({
  offset: Type.Integer({ minimum: 0, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 10 }),
});

const amounts = { amount_after_discount: Type.Number(), official_amount: Type.Number(), currency: text };

export const detailsResponse = Type.Object({
  total_count: Type.Integer(),
  order_info: Type.Object({
    order_id: text,
    customer_id: text,
    service_type_code: text,
    source_type: Type.Integer({ description: '1: the customer.' }),
    status: Type.Integer({ description: '5: completed. 6: pending payment.' }),
    order_type: Type.Integer({ description: '1: purchase. 2: renewal. 4: unsubscription.' }),
    ...amounts,
    measure_id: Type.Integer({ description: '1: the unit of the currency.' }),
    create_time: text,
    payment_time: nullableText,
    user_name: text,
  }),
  order_line_items: Type.Array(
    Type.Object({
      order_line_item_id: text,
      service_type_code: text,
      product_spec_desc: text,
      period_type: Type.Integer({ description: '2: month. 3: year.' }),
      period_num: Type.Integer(),
      subscription_num: Type.Integer(),
      effective_time: nullableText,
      expire_time: nullableText,
      ...amounts,
    }),
  ),
});

const filter = <Schema extends ReturnType<typeof Type.String>>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

export const queryBody = Type.Object({
  resource_ids: Type.Optional(Type.Union([Type.Array(text, { maxItems: 50 }), Type.Null()])),
  order_id: filter(Type.String({ maxLength: 64 })),
  only_main_resource: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  status_list: Type.Optional(Type.Union([Type.Array(Type.Integer(), { maxItems: 10 }), Type.Null()])),
  service_type_code: filter(Type.String({ maxLength: 64 })),
  offset: Type.Optional(page.offset),
  limit: Type.Optional(page.limit),
});

export const queryResponse = Type.Object({
  total_count: Type.Integer(),
  data: Type.Array(
    Type.Object({
      id: text,
      resource_id: text,
      resource_name: text,
      region_code: text,
      service_type_code: text,
      resource_type_code: text,
      resource_spec_code: text,
      project_id: text,
      product_id: text,
      parent_resource_id: text,
      is_main_resource: Type.Integer(),
      status: Type.Integer({ description: '2: in effect. 4: frozen.' }),
      effective_time: text,
      expire_time: text,
      expire_policy: Type.Integer({ description: '3: renewed at the end. 4: frozen at the end.' }),
    }),
  ),
});

/** Coupons and discounts are taken, and change nothing. */
export const payBody = Type.Object({
  order_id: Type.String({ minLength: 1, maxLength: 64 }),
  use_coupon: Type.Optional(Type.String()),
  use_discount: Type.Optional(Type.String()),
});

const resourceIds = (maxItems: number) => Type.Array(text, { minItems: 1, maxItems });

export const unsubscribeBody = Type.Object({
  resource_ids: resourceIds(10),
  unsubscribe_type: Type.Literal(1, { description: '1: the resource with all its renewals.' }),
  unsubscribe_reason_type: Type.Optional(Type.Integer()),
  unsubscribe_reason: Type.Optional(Type.String({ maxLength: 255 })),
});

export const renewBody = Type.Object({
  resource_ids: resourceIds(100),
  period_type: Type.Unsafe<2 | 3>(Type.Integer({ enum: [2, 3], description: '2: month. 3: year.' })),
  period_num: Type.Integer({ minimum: 1, maximum: 1_000 }),
});

export const orderIds = Type.Object({ order_ids: Type.Array(text) });
