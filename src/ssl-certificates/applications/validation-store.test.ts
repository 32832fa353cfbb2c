import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import type { Database } from '../../platform/db/index.ts';
import { benchMigrations } from '../ssl-certificates.fixture.ts';
import {
  changeValidation,
  closeValidations,
  findValidationByToken,
  listValidations,
  removeValidations,
  replaceValidations,
  verifyByToken,
} from './validation-store.ts';

const certificate = { certificateId: 'scs0000000000001', accountId: 'account' };

const challenge = (domain: string, recordValue: string, isPublished = true) =>
  ({
    domain,
    method: 'DNS',
    recordName: `_dnsauth.${domain}`,
    recordType: 'TXT',
    recordValue,
    isPublished,
  }) as const;

const replace = (database: Database, ...challenges: ReturnType<typeof challenge>[]) =>
  database.transaction((transaction) => replaceValidations(transaction, certificate, challenges));

const list = (database: Database) => listValidations(database, certificate.certificateId);

describeOnEachDatabase('the store of names to be verified', benchMigrations, (open) => {
  test('has them in the order of the application, and those of the last one only', async () => {
    const database = await open();
    await replace(database, challenge('old.com', '1'));
    await replace(database, challenge('z.com', '2'), challenge('a.com', '3', false));
    const stored = await list(database);
    assert.deepEqual(
      stored.map(({ domain, publication, attempts, verified_at }) => [
        domain,
        publication,
        attempts,
        verified_at,
      ]),
      [
        ['z.com', 'due', 0, null],
        ['a.com', 'none', 0, null],
      ],
    );
    await database.transaction((transaction) => removeValidations(transaction, certificate.certificateId));
    assert.deepEqual(await list(database), []);
  });

  test('changes what was seen only: not what was checked, verified or replaced meanwhile', async () => {
    const database = await open();
    await replace(database, challenge('a.com', '1'));
    const [seen] = await list(database);
    const change = (verifiedAt: number | null) =>
      database.transaction((transaction) =>
        changeValidation(transaction, seen!, { attempts: 1, verified_at: verifiedAt }),
      );
    assert.equal(await change(null), true);
    assert.equal(await change(7), false);
    await replace(database, challenge('a.com', '2'));
    assert.equal(await change(7), false);
    await replace(database, challenge('a.com', '1'));
    assert.equal(await change(7), true);
    assert.equal(await change(8), false);
    assert.equal((await list(database))[0]?.verified_at, 7);
  });

  test('a token verifies once, and no more when the application has ended', async () => {
    const database = await open();
    await replace(database, challenge('a.com', '1'), challenge('b.com', '2', false));
    const [first, second] = await list(database);
    const verify = (token: string) =>
      database.transaction((transaction) => verifyByToken(transaction, token, 5));
    await database.transaction(async (transaction) => {
      await changeValidation(transaction, first!, { token_sha256: 'aa' });
      await changeValidation(transaction, second!, { token_sha256: 'bb' });
    });
    assert.equal((await findValidationByToken(database, 'aa'))?.domain, 'a.com');
    assert.equal(await verify('aa'), true);
    assert.equal(await verify('aa'), false);
    await database.transaction((transaction) => closeValidations(transaction, certificate.certificateId));
    assert.equal(await verify('bb'), false);
    assert.equal(await findValidationByToken(database, 'bb'), undefined);
    assert.deepEqual(
      (await list(database)).map(({ publication, verified_at }) => [publication, verified_at]),
      [
        ['withdrawn', 5],
        ['none', null],
      ],
    );
  });
});
