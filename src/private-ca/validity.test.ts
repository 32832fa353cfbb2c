import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '../platform/errors.ts';
import { requestedValidity, type Validity, type ValidityRequest, withinIssuer } from './validity.ts';

const nowMs = Date.UTC(2024, 1, 29, 12, 0, 0, 999);
const dayMs = 86_400_000;

const isValidityError = (error: unknown) => error instanceof ServiceError && error.code === 'PCA.00020109';

describe('requestedValidity', () => {
  test('a YEAR is a calendar year, also from 29 February', () => {
    const { notBefore, notAfter } = requestedValidity({ type: 'YEAR', value: 1 }, nowMs, 30);
    assert.equal(new Date(notBefore).toISOString(), '2024-02-29T12:00:00.000Z');
    assert.equal(new Date(notAfter).toISOString(), '2025-02-28T12:00:00.000Z');
    const leap = requestedValidity({ type: 'YEAR', value: 4 }, nowMs, 30);
    assert.equal(new Date(leap.notAfter).toISOString(), '2028-02-29T12:00:00.000Z');
  });

  test('three years from 28 September 2021 have a leap day: 1096 days (reference 4.2.1.1)', () => {
    const start_from = Date.UTC(2021, 8, 28, 2, 59, 12);
    const { notBefore, notAfter } = requestedValidity({ type: 'YEAR', value: 3, start_from }, start_from, 30);
    assert.equal((notAfter - notBefore) / dayMs, 1096);
  });

  test('the limit is in calendar years from the start, whatever the unit', () => {
    const start_from = Date.UTC(2025, 0, 1);
    // 2025 to 2045 has five leap days.
    const most = 20 * 365 + 5;
    const days = (value: number): ValidityRequest => ({ type: 'DAY', value, start_from });
    assert.equal(requestedValidity(days(most), nowMs, 20).notAfter, Date.UTC(2045, 0, 1));
    assert.throws(() => requestedValidity(days(most + 1), nowMs, 20), isValidityError);
  });

  test('any request gives whole seconds within the limit, or PCA.00020109', () => {
    const request = fc.record({
      type: fc.constantFrom('YEAR', 'MONTH', 'DAY', 'HOUR'),
      value: fc.oneof(fc.integer(), fc.integer({ min: 1, max: 400 })),
      start_from: fc.option(
        fc.oneof(
          fc.maxSafeInteger(),
          fc.string(),
          fc.integer({ min: 0, max: 2 ** 40 }).map((ms) => nowMs + ms),
        ),
        { nil: undefined },
      ),
    });
    fc.assert(
      fc.property(request, (each) => {
        let validity: Validity;
        try {
          validity = requestedValidity(each, nowMs, 20);
        } catch (error) {
          assert.ok(isValidityError(error), String(error));
          return;
        }
        assert.equal(validity.notBefore % 1000, 0);
        assert.equal(validity.notAfter % 1000, 0);
        assert.ok(validity.notBefore > nowMs - 301_000);
        assert.ok(validity.notAfter > validity.notBefore);
        assert.ok(validity.notAfter - validity.notBefore <= 20 * 366 * dayMs);
        assert.ok(validity.notAfter < Date.UTC(10_000, 0, 1));
      }),
    );
  });
});

test('withinIssuer is the common part of both, or PCA.00020109 if there is none', () => {
  const validity = fc
    .tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 1000 }))
    .map(([notBefore, length]) => ({ notBefore, notAfter: notBefore + length }));
  fc.assert(
    fc.property(validity, validity, (asked, issuer) => {
      if (asked.notBefore >= issuer.notAfter || issuer.notBefore >= asked.notAfter) {
        assert.throws(() => withinIssuer(asked, issuer), isValidityError);
        return;
      }
      const { notBefore, notAfter } = withinIssuer(asked, issuer);
      assert.ok(notBefore >= asked.notBefore && notBefore >= issuer.notBefore && notBefore < notAfter);
      assert.ok(notAfter <= asked.notAfter && notAfter <= issuer.notAfter);
    }),
  );
});
