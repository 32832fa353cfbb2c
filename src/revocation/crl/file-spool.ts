import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CrlSpool } from '../../pki/index.ts';

/** Most CRLs are smaller and never touch the disk. */
const memoryOctets = 1024 * 1024;
const pieceOctets = 64 * 1024;

/** Keeps the entries of a CRL in memory while they are few, and in a file that nobody else can open when they are many. */
export class FileSpool implements CrlSpool {
  #kept: Uint8Array[] = [];
  #octets = 0;
  #file: { readonly handle: FileHandle; readonly folder: string } | undefined;

  async append(octets: Uint8Array): Promise<void> {
    if (!this.#file && this.#octets + octets.length > memoryOctets) {
      const folder = await mkdtemp(join(tmpdir(), 'openccm-crl-'));
      const handle = await open(join(folder, 'entries'), 'wx+', 0o600);
      // Reached by its handle only from here on: a program that is killed leaves an empty folder, not what may be megabytes.
      await rm(join(folder, 'entries'));
      this.#file = { handle, folder };
      await this.#write(handle, 0, Buffer.concat(this.#kept));
      this.#kept = [];
    }
    if (this.#file) await this.#write(this.#file.handle, this.#octets, octets);
    else this.#kept.push(octets);
    this.#octets += octets.length;
  }

  async *read(): AsyncGenerator<Uint8Array> {
    if (!this.#file) {
      yield* this.#kept;
      return;
    }
    for (let at = 0; at < this.#octets; ) {
      const length = Math.min(pieceOctets, this.#octets - at);
      const { bytesRead, buffer } = await this.#file.handle.read(Buffer.allocUnsafe(length), 0, length, at);
      if (bytesRead === 0) throw new Error('the file of a CRL ended before its time');
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  /** The file is gone; the spool is of no use afterwards. */
  async close(): Promise<void> {
    await this.#file?.handle.close();
    if (this.#file) await rm(this.#file.folder, { recursive: true, force: true });
  }

  async #write(handle: FileHandle, position: number, octets: Uint8Array): Promise<void> {
    for (let written = 0; written < octets.length; ) {
      const { bytesWritten } = await handle.write(
        octets,
        written,
        octets.length - written,
        position + written,
      );
      written += bytesWritten;
    }
  }
}
