import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InvalidPkcs11Settings, parsePkcs11Settings } from './settings.ts';

const complete = {
  OPENCCM_PKCS11_MODULE: '/usr/lib/hsm.so',
  OPENCCM_PKCS11_TOKEN_LABEL: 'root keys',
  OPENCCM_PKCS11_PIN_FILE: '/run/secrets/pin',
  OPENCCM_PKCS11_CLUSTER_ID: 'cluster-1',
};

describe('settings of a token', () => {
  test('there are none without a library', () => {
    assert.equal(parsePkcs11Settings({}), undefined);
    assert.equal(parsePkcs11Settings({ ...complete, OPENCCM_PKCS11_MODULE: '' }), undefined);
  });

  test('a token is named by its label or its slot', () => {
    assert.deepEqual(parsePkcs11Settings(complete), {
      modulePath: '/usr/lib/hsm.so',
      token: { label: 'root keys' },
      pin: { file: '/run/secrets/pin' },
      clusterId: 'cluster-1',
    });
    const { OPENCCM_PKCS11_TOKEN_LABEL: _, OPENCCM_PKCS11_PIN_FILE: __, ...rest } = complete;
    const bySlot = { ...rest, OPENCCM_PKCS11_SLOT: '3', OPENCCM_PKCS11_PIN: '1234' };
    assert.partialDeepStrictEqual(parsePkcs11Settings(bySlot), {
      token: { slotId: 3 },
      pin: { value: '1234' },
    });
  });

  test('what is missing or ambiguous is named, and the PIN is not', () => {
    const cases: [Record<string, string>, RegExp][] = [
      [
        { OPENCCM_PKCS11_TOKEN_LABEL: '' },
        /exactly one of OPENCCM_PKCS11_TOKEN_LABEL and OPENCCM_PKCS11_SLOT/,
      ],
      [{ OPENCCM_PKCS11_SLOT: '3' }, /exactly one of OPENCCM_PKCS11_TOKEN_LABEL and OPENCCM_PKCS11_SLOT/],
      [{ OPENCCM_PKCS11_PIN: 'secret!' }, /exactly one of OPENCCM_PKCS11_PIN and OPENCCM_PKCS11_PIN_FILE/],
      [{ OPENCCM_PKCS11_PIN_FILE: '' }, /exactly one of OPENCCM_PKCS11_PIN and OPENCCM_PKCS11_PIN_FILE/],
      [
        { OPENCCM_PKCS11_TOKEN_LABEL: '', OPENCCM_PKCS11_SLOT: 'x' },
        /OPENCCM_PKCS11_SLOT must be the number of a slot/,
      ],
      [{ OPENCCM_PKCS11_CLUSTER_ID: '' }, /OPENCCM_PKCS11_CLUSTER_ID must name/],
      [{ OPENCCM_PKCS11_CLUSTER_ID: 'a b' }, /OPENCCM_PKCS11_CLUSTER_ID must name/],
    ];
    for (const [change, message] of cases) {
      assert.throws(
        () => parsePkcs11Settings({ ...complete, ...change }),
        (error: Error) => {
          assert.ok(error instanceof InvalidPkcs11Settings);
          assert.match(error.message, message);
          return !error.message.includes('secret!');
        },
      );
    }
  });
});
