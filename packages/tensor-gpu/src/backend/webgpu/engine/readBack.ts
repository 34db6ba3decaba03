import { BUFFER, MAP_READ } from './gpuFlags.ts';

/** Smallest staging buffer. */
const SMALLEST = 1 << 16;

interface Read {
  offset: number;
  bytes: number;
  resolve(values: ArrayBuffer): void;
  reject(error: unknown): void;
}

/** What went wrong on a device. */
export interface DeviceHealth {
  /** So far. */
  failure(): Error | undefined;
  /** Resolves when the device is lost. */
  lost: Promise<Error>;
}

/** A browser may say that a mapping was aborted before it says that the device is lost: milliseconds to wait for that. */
const PATIENCE = 1000;

/** Reads that one mapping serves: all that were asked for before the running code returned. */
export class ReadBack {
  readonly staging: GPUBuffer;
  readonly #reads: Read[] = [];
  #used = 0;

  constructor(device: GPUDevice, bytes: number) {
    this.staging = device.createBuffer({
      size: Math.max(SMALLEST, Math.ceil(bytes / 4) * 4),
      usage: BUFFER.mapRead | BUFFER.copyTarget,
    });
  }

  get bytes(): number {
    return this.#used;
  }

  hasRoom(bytes: number): boolean {
    return this.#used + bytes <= this.staging.size;
  }

  /** Reserves a place for so many bytes: its offset, and what will lie there. */
  add(bytes: number): { offset: number; values: Promise<ArrayBuffer> } {
    const offset = this.#used;
    this.#used += Math.ceil(bytes / 4) * 4;
    const values = new Promise<ArrayBuffer>((resolve, reject) => {
      this.#reads.push({ offset, bytes, resolve, reject });
    });
    return { offset, values };
  }

  /** After the copies were submitted. */
  async deliver(health: DeviceHealth): Promise<void> {
    try {
      await this.staging.mapAsync(MAP_READ, 0, this.staging.size);
      const failed = health.failure();
      if (failed !== undefined) throw failed;
      const range = this.staging.getMappedRange();
      for (const { offset, bytes, resolve } of this.#reads)
        resolve(range.slice(offset, offset + bytes));
    } catch (error) {
      const reason = await causeOf(error, health);
      for (const { reject } of this.#reads) reject(reason);
    } finally {
      this.staging.destroy();
    }
  }
}

/** Why a call of the device failed. */
export async function causeOf(error: unknown, { failure, lost }: DeviceHealth): Promise<unknown> {
  const late = new Promise<undefined>((resolve) => {
    setTimeout(() => resolve(undefined), PATIENCE);
  });
  return failure() ?? (await Promise.race([lost, late])) ?? error;
}
