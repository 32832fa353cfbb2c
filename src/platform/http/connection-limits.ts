import type { Server, Socket } from 'node:net';
import { sourceNetwork } from '../source-network.ts';
import type { HttpLimits } from './limits.ts';

/**
 * Bounds the open connections of a listener, of all sources together and of each. When all places are taken a newcomer displaces the
 * oldest connection of the source that has most, so that few sources cannot shut out the others.
 */
export function limitConnections(server: Server, limits: HttpLimits): void {
  const connections = new Map<string, Set<Socket>>();
  const { mostConnections, mostConnectionsOfSource } = limits.settings;
  let count = 0;
  server.on('connection', (socket: Socket) => {
    const source = sourceNetwork(socket.remoteAddress);
    const own = connections.get(source)?.size ?? 0;
    const displaced = count < mostConnections ? undefined : oldestOfLargest(connections, own + 1);
    const isRefused = own >= mostConnectionsOfSource || (count >= mostConnections && !displaced);
    if (isRefused || displaced) limits.refused('connections');
    if (isRefused) {
      socket.destroy();
      return;
    }
    displaced?.destroy();
    const sockets = connections.get(source) ?? new Set();
    connections.set(source, sockets.add(socket));
    count += 1;
    socket.once('close', () => {
      count -= 1;
      sockets.delete(socket);
      if (sockets.size === 0) connections.delete(source);
    });
  });
}

/** Undefined if no source has more than `most` connections. */
function oldestOfLargest(connections: Map<string, Set<Socket>>, most: number): Socket | undefined {
  let largest: Set<Socket> | undefined;
  for (const sockets of connections.values()) if (sockets.size > (largest?.size ?? most)) largest = sockets;
  for (const socket of largest ?? []) if (!socket.destroyed) return socket;
  return undefined;
}
