import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface StallingProxy {
  readonly port: number;
  /** Accepts connections and bytes and passes nothing on, as a server that was stopped does. */
  stall(): void;
  resume(): void;
  close(): Promise<void>;
}

/** Passes TCP connections on to a port of this machine. */
export async function startStallingProxy(targetPort: number): Promise<StallingProxy> {
  const sockets = new Set<Socket>();
  let isStalled = false;
  const apply = (socket: Socket) => (isStalled ? socket.pause() : socket.resume());
  const server = createServer({ pauseOnConnect: true }, (client) => {
    const target = connect(targetPort, '127.0.0.1');
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => to.write(chunk));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      apply(from);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const set = (stalled: boolean) => {
    isStalled = stalled;
    for (const socket of sockets) apply(socket);
  };
  return {
    port: (server.address() as AddressInfo).port,
    stall: () => set(true),
    resume: () => set(false),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
