import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { verifyStructure } from '../../pki/index.ts';
import {
  caCertificate,
  createPublishing,
  dayMs,
  entriesOf,
  exportedCertificate,
  install,
  issue,
  path,
  publishedCrl,
  revocationMigrations,
  revoke,
} from '../revocation.fixture.ts';
import { findCrlState } from './crl-state-store.ts';

describeOnEachDatabase('Publication of CRLs', revocationMigrations, (open) => {
  test('is signed by the CA and valid for valid_days and a day more', async () => {
    const installation = await install(await open());
    const { acme } = installation.identity;
    const caId = await createPublishing(installation, acme, 'crls');
    const crl = publishedCrl(installation, `crls/${caId}.crl`);
    const ca = await caCertificate(installation, acme, caId);
    assert.equal(await verifyStructure(crl, ca.spki), true);
    assert.deepEqual(Buffer.from(crl.issuerDer), Buffer.from(ca.subjectDer));
    assert.deepEqual(
      Buffer.from(crl.authorityKeyIdentifier!.keyIdentifier!),
      Buffer.from(ca.known.subjectKeyIdentifier!),
    );
    assert.equal(crl.number, 1n);
    assert.deepEqual(crl.revoked, []);
    assert.equal(crl.thisUpdateMs, installation.clock.nowMs());
    assert.equal(crl.nextUpdateMs, installation.clock.nowMs() + 8 * dayMs);
  });

  test('follows a revocation at once, with its time and reason, and follows the release of a hold', async () => {
    const installation = await install(await open());
    const { call, clock, identity, jobs } = installation;
    const { acme } = identity;
    const caId = await createPublishing(installation, acme, 'crls');
    const place = `crls/${caId}.crl`;
    const [first, second] = [await issue(installation, acme, caId), await issue(installation, acme, caId)];
    const serials = [];
    for (const id of [first, second])
      serials.push((await exportedCertificate(installation, acme, id)).serialNumber);
    clock.advance(5_000);
    const wakes = installation.wakes();
    await revoke(installation, acme, first);
    assert.equal(installation.wakes(), wakes + 1);
    await revoke(installation, acme, second, 'CERTIFICATE_HOLD');
    await jobs.runDue();
    const held = publishedCrl(installation, place);
    assert.deepEqual(
      new Map(entriesOf(held)),
      new Map([
        [serials[0], 'keyCompromise'],
        [serials[1], 'certificateHold'],
      ]),
    );
    assert.equal(held.revoked[0]?.revokedMs, clock.nowMs());
    await call(acme, 204, 'POST', `/v1/private-certificates/${second}/unhold`);
    await jobs.runDue();
    const released = publishedCrl(installation, place);
    assert.deepEqual(entriesOf(released), [[serials[0], 'keyCompromise']]);
    assert.ok(released.number! > held.number!);
    const details = await call<{ status: string }>(acme, 200, 'GET', `/v1/private-certificates/${second}`);
    assert.equal(details.status, 'ISSUED');
  });

  test('takes up a hold that became a revocation for good, and a revoked subordinate CA', async () => {
    const installation = await install(await open());
    const { call, identity, jobs } = installation;
    const { acme } = identity;
    const caId = await createPublishing(installation, acme, 'crls');
    const place = `crls/${caId}.crl`;
    const leaf = await issue(installation, acme, caId);
    const { serialNumber } = await exportedCertificate(installation, acme, leaf);
    await revoke(installation, acme, leaf, 'CERTIFICATE_HOLD');
    await jobs.runDue();
    await revoke(installation, acme, leaf, 'KEY_COMPROMISE');
    await jobs.runDue();
    assert.deepEqual(entriesOf(publishedCrl(installation, place)), [[serialNumber, 'keyCompromise']]);
    const subordinate = await call<{ ca_id: string }>(acme, 200, 'POST', path, {
      type: 'SUBORDINATE',
      key_algorithm: 'EC256',
      signature_algorithm: 'SHA256',
      issuer_id: caId,
      distinguished_name: {
        common_name: 'Sub',
        country: 'CN',
        state: 'S',
        locality: 'C',
        organization: 'E',
        organizational_unit: 'P',
      },
      validity: { type: 'YEAR', value: 1 },
    });
    const sub = await caCertificate(installation, acme, subordinate.ca_id);
    await call(acme, 204, 'POST', `${path}/${subordinate.ca_id}/revoke`, { reason: 'CERTIFICATE_HOLD' });
    await jobs.runDue();
    assert.deepEqual(
      new Map(entriesOf(publishedCrl(installation, place))),
      new Map([
        [serialNumber, 'keyCompromise'],
        [sub.serialNumber, 'certificateHold'],
      ]),
    );
    await call(acme, 204, 'POST', `${path}/${subordinate.ca_id}/enable`);
    await jobs.runDue();
    assert.deepEqual(entriesOf(publishedCrl(installation, place)), [[serialNumber, 'keyCompromise']]);
  });

  test('comes again every valid_days with a higher number, and not before', async () => {
    const installation = await install(await open());
    const { clock, identity, jobs } = installation;
    const caId = await createPublishing(installation, identity.acme, 'crls');
    const place = `crls/${caId}.crl`;
    clock.advance(7 * dayMs - 1_000);
    await jobs.runDue();
    assert.equal(publishedCrl(installation, place).number, 1n);
    for (const number of [2n, 3n]) {
      clock.advance(number === 2n ? 1_000 : 7 * dayMs);
      await jobs.runDue();
      const crl = publishedCrl(installation, place);
      assert.equal(crl.number, number);
      assert.equal(crl.thisUpdateMs, clock.nowMs());
    }
  });

  test('is tried again until it is stored, and until the agency lets it be', async () => {
    const installation = await install(await open());
    const { call, clock, identity, jobs, storage } = installation;
    const { acme } = identity;
    const caId = await createPublishing(installation, acme, 'crls');
    const place = `crls/${caId}.crl`;
    const leaf = await issue(installation, acme, caId);
    let failures = 0;
    storage.beforePut = () => {
      failures += 1;
      throw new Error('the bucket is out of order');
    };
    await revoke(installation, acme, leaf);
    await jobs.runDue();
    clock.advance(1_000);
    await jobs.runDue();
    assert.equal(failures, 2);
    assert.deepEqual(publishedCrl(installation, place).revoked, []);
    storage.beforePut = () => {};
    clock.advance(2_000);
    await jobs.runDue();
    const crl = publishedCrl(installation, place);
    assert.equal(crl.revoked.length, 1);
    assert.equal(crl.number, 4n);

    const { agencies } = await call<{ agencies: { id: string }[] }>(
      acme,
      200,
      'GET',
      `/v3.0/OS-AGENCY/agencies?domain_id=${acme.account.accountId}`,
    );
    await call(acme, 204, 'DELETE', `/v3.0/OS-AGENCY/agencies/${agencies[0]?.id}`);
    await call(
      acme,
      204,
      'POST',
      `/v1/private-certificates/${await issue(installation, acme, caId)}/revoke`,
      {},
    );
    await jobs.runDue();
    assert.equal(publishedCrl(installation, place).revoked.length, 1);
    await call(acme, 200, 'POST', `${path}/agencies`);
    await jobs.runDue();
    assert.equal(publishedCrl(installation, place).revoked.length, 2);
  });

  test('keeps an expired certificate on one CRL after its end, and no longer', async () => {
    const installation = await install(await open());
    const { clock, identity, jobs } = installation;
    const { acme } = identity;
    const caId = await createPublishing(installation, acme, 'crls');
    const place = `crls/${caId}.crl`;
    await revoke(
      installation,
      acme,
      await issue(installation, acme, caId, { validity: { type: 'DAY', value: 1 } }),
    );
    await jobs.runDue();
    const lengths = [publishedCrl(installation, place).revoked.length];
    for (let week = 0; week < 3; week++) {
      clock.advance(7 * dayMs);
      await jobs.runDue();
      lengths.push(publishedCrl(installation, place).revoked.length);
    }
    assert.deepEqual(lengths, [1, 1, 0, 0]);
  });

  test('goes on for a disabled CA, ends with an expired one, and with the CA', async () => {
    const installation = await install(await open());
    const { call, clock, identity, jobs } = installation;
    const { acme } = identity;
    const caId = await createPublishing(installation, acme, 'crls');
    const place = `crls/${caId}.crl`;
    await call(acme, 204, 'POST', `${path}/${caId}/disable`);
    clock.advance(7 * dayMs);
    await jobs.runDue();
    assert.equal(publishedCrl(installation, place).number, 2n);
    await call(acme, 204, 'DELETE', `${path}/${caId}?pending_days=7`);
    clock.advance(7 * dayMs);
    await jobs.runDue();
    const last = publishedCrl(installation, place).number!;
    clock.advance(30 * dayMs);
    await jobs.runDue();
    assert.equal(publishedCrl(installation, place).number, last);
  });

  test('that is switched off or configured anew in the middle leaves the new configuration in peace', async () => {
    const installation = await install(await open());
    const { call, database, identity, jobs, storage } = installation;
    const { acme } = identity;
    const caId = await createPublishing(installation, acme, 'crls');
    await revoke(installation, acme, await issue(installation, acme, caId));
    const meanwhile = async () => {
      storage.beforePut = () => {};
      await call(acme, 204, 'POST', `${path}/${caId}/crl/disable`);
      const body = { crl_name: 'new', obs_bucket_name: 'crls', valid_days: 8 };
      await call(acme, 204, 'POST', `${path}/${caId}/crl/enable`, body);
    };
    storage.beforePut = meanwhile;
    await jobs.runDue();
    const crl = publishedCrl(installation, 'crls/new.crl');
    assert.equal(crl.nextUpdateMs! - crl.thisUpdateMs, 9 * dayMs);
    assert.equal(crl.revoked.length, 1);
    const state = await findCrlState(database, caId);
    assert.deepEqual([BigInt(state!.base_number!), state!.lease], [crl.number, null]);
  });

  test('numbers go on where CRLs are switched off and on again', async () => {
    const installation = await install(await open());
    const { call, identity, jobs, clock } = installation;
    const { acme } = identity;
    const caId = await createPublishing(installation, acme, 'crls');
    const place = `crls/${caId}.crl`;
    await call(acme, 204, 'POST', `${path}/${caId}/crl/disable`);
    await revoke(installation, acme, await issue(installation, acme, caId));
    clock.advance(20 * dayMs);
    await jobs.runDue();
    assert.equal(publishedCrl(installation, place).number, 1n);
    const body = { obs_bucket_name: 'crls', valid_days: 30 };
    await call(acme, 204, 'POST', `${path}/${caId}/crl/enable`, body);
    await jobs.runDue();
    const crl = publishedCrl(installation, place);
    assert.equal(crl.number, 2n);
    assert.equal(crl.revoked.length, 1);
  });
});

describeOnEachDatabase('Delta CRLs', revocationMigrations, (open) => {
  test('follow each change, name their base, and take released holds off', async () => {
    const installation = await install(await open());
    const { call, clock, identity, jobs } = installation;
    const { acme } = identity;
    const caId = await createPublishing(installation, acme, 'crls', { crl_name: 'ours', delta_hours: 6 });
    const base = publishedCrl(installation, 'crls/ours.crl');
    assert.deepEqual(base.freshestCrl?.[0]?.fullName, [
      { type: 'URI', value: 'http://obs.example/crls/ours.delta.crl' },
    ]);
    const empty = publishedCrl(installation, 'crls/ours.delta.crl');
    assert.deepEqual([empty.baseNumber, empty.number, empty.revoked.length], [1n, 2n, 0]);
    assert.equal(empty.freshestCrl, undefined);
    assert.equal(empty.nextUpdateMs! - empty.thisUpdateMs, 9 * 3_600_000);

    const leaf = await issue(installation, acme, caId);
    const { serialNumber } = await exportedCertificate(installation, acme, leaf);
    clock.advance(3_600_000);
    await revoke(installation, acme, leaf, 'CERTIFICATE_HOLD');
    await jobs.runDue();
    const held = publishedCrl(installation, 'crls/ours.delta.crl');
    assert.deepEqual([held.baseNumber, held.number], [1n, 3n]);
    assert.deepEqual(entriesOf(held), [[serialNumber, 'certificateHold']]);
    assert.equal(publishedCrl(installation, 'crls/ours.crl').number, 1n);

    await call(acme, 204, 'POST', `/v1/private-certificates/${leaf}/unhold`);
    await jobs.runDue();
    assert.deepEqual(entriesOf(publishedCrl(installation, 'crls/ours.delta.crl')), [
      [serialNumber, 'removeFromCRL'],
    ]);

    await revoke(installation, acme, leaf, 'SUPERSEDED');
    clock.advance(7 * dayMs);
    await jobs.runDue();
    const next = publishedCrl(installation, 'crls/ours.crl');
    assert.deepEqual(entriesOf(next), [[serialNumber, 'superseded']]);
    const fresh = publishedCrl(installation, 'crls/ours.delta.crl');
    assert.equal(fresh.baseNumber, next.number);
    assert.deepEqual(fresh.revoked, []);
  });

  test('come every delta_hours, also without a change', async () => {
    const installation = await install(await open());
    const { clock, identity, jobs } = installation;
    await createPublishing(installation, identity.acme, 'crls', { crl_name: 'ours', delta_hours: 6 });
    clock.advance(6 * 3_600_000);
    await jobs.runDue();
    const delta = publishedCrl(installation, 'crls/ours.delta.crl');
    assert.deepEqual([delta.baseNumber, delta.number, delta.thisUpdateMs], [1n, 3n, clock.nowMs()]);
  });
});
