import { BUFFER, MAP_READ } from './gpuFlags.ts';

/** Commands of a query set: two queries each, of the 4,096 that every device allows. */
const COMMANDS = 2048;
const BYTES = 8;

type Tell = (seconds: number) => void;

interface Timed {
  queries: GPUQuerySet;
  tell: Tell[];
}

/** Times passes by the clock of the device, which writes it down when a pass begins and when it ends. */
export class CommandTimer {
  readonly #device: GPUDevice;
  readonly #sets: Timed[] = [];

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** What a pass is opened with; `tell` gets its seconds in `finish`. */
  time(tell: Tell): GPUComputePassTimestampWrites {
    let set = this.#sets.at(-1);
    if (set === undefined || set.tell.length === COMMANDS) {
      const queries = this.#device.createQuerySet({ type: 'timestamp', count: 2 * COMMANDS });
      set = { queries, tell: [] };
      this.#sets.push(set);
    }
    const first = 2 * set.tell.length;
    set.tell.push(tell);
    return {
      querySet: set.queries,
      beginningOfPassWriteIndex: first,
      endOfPassWriteIndex: first + 1,
    };
  }

  /** Tells all times; every pass has been submitted. */
  async finish(): Promise<void> {
    for (const set of this.#sets.splice(0)) {
      const times = await this.#read(set);
      for (const [k, tell] of set.tell.entries())
        tell(Number(times[2 * k + 1]! - times[2 * k]!) / 1e9); // nanoseconds
    }
  }

  async #read({ queries, tell }: Timed): Promise<BigInt64Array> {
    const count = 2 * tell.length;
    const size = BYTES * count;
    const resolved = this.#device.createBuffer({
      size,
      usage: BUFFER.queryTarget | BUFFER.copySource,
    });
    const staging = this.#device.createBuffer({ size, usage: BUFFER.mapRead | BUFFER.copyTarget });
    const encoder = this.#device.createCommandEncoder();
    encoder.resolveQuerySet(queries, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
    this.#device.queue.submit([encoder.finish()]);
    try {
      await staging.mapAsync(MAP_READ);
      return new BigInt64Array(staging.getMappedRange().slice(0));
    } finally {
      queries.destroy();
      resolved.destroy();
      staging.destroy();
    }
  }
}
