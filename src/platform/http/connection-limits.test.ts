import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Server, Socket } from 'node:net';
import { describe, test } from 'node:test';
import { FixedClock } from '../clock.ts';
import { limitConnections } from './connection-limits.ts';
import { defaultLimits, HttpLimits } from './index.ts';

class Connection extends EventEmitter {
  readonly remoteAddress: string;
  destroyed = false;

  constructor(address: string) {
    super();
    this.remoteAddress = address;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

/** Opens connections to a listener with these limits. */
function listener(most: number, mostOfSource: number) {
  const server = new EventEmitter();
  const settings = { ...defaultLimits, mostConnections: most, mostConnectionsOfSource: mostOfSource };
  let refusals = 0;
  const limits = new HttpLimits(settings, new FixedClock(0), () => {
    refusals += 1;
  });
  limitConnections(server as unknown as Server, limits);
  const open = (address: string, count = 1): Connection[] =>
    Array.from({ length: count }, () => {
      const connection = new Connection(address);
      server.emit('connection', connection as unknown as Socket);
      return connection;
    });
  return { open, refusals: () => refusals };
}

const isOpen = ({ destroyed }: Connection): boolean => !destroyed;

describe('connections', () => {
  test('of one source are bounded, until it closes some', () => {
    const { open, refusals } = listener(100, 3);
    const connections = open('192.0.2.1', 4);
    assert.deepEqual(connections.map(isOpen), [true, true, true, false]);
    // The same address, written in IPv6.
    assert.deepEqual(open('::ffff:192.0.2.1').map(isOpen), [false]);
    assert.deepEqual(open('192.0.2.2').map(isOpen), [true]);
    connections[0]!.destroy();
    assert.deepEqual(open('192.0.2.1', 2).map(isOpen), [true, false]);
    assert.equal(refusals(), 3);
  });

  test('of all are bounded: a newcomer displaces the oldest of the source that has most', () => {
    const { open, refusals } = listener(10, 8);
    const many = open('192.0.2.1', 8);
    const few = open('192.0.2.2', 2);
    assert.deepEqual(open('192.0.2.3').map(isOpen), [true]);
    assert.deepEqual(many.filter(isOpen), many.slice(1));
    assert.ok(few.every(isOpen));
    assert.equal(refusals(), 1);
    // Who has most displaces nobody.
    assert.deepEqual(open('192.0.2.1').map(isOpen), [false]);
  });
});
