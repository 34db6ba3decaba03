import type { CpuRuntime } from '../../src/backend/cpu/engine/cpuRuntime.ts';
import {
  descriptors,
  type KernelName,
  KIND_WORDS,
  type WordKind,
} from '../../src/backend/cpu/engine/descriptors.ts';
import { kernelIds, kernelTableHash } from '../../src/backend/cpu/engine/kernelTable.ts';
import { packWords } from '../../src/backend/cpu/engine/packWords.ts';

/** MAGIC of replay.c. */
const MAGIC = 0x4c52504d;
/** How replay.c compares: as doubles; else as 32-bit numbers. */
const DOUBLES = 1;
const HOW: Readonly<Partial<Record<KernelName, number>>> = {
  adamwNorm: DOUBLES,
};
/** Of each kernel. */
const MOST_SAMPLES = 24;

/** A runtime that plays what it is given and keeps commands with the memory before and after. */
export interface Recorder {
  cpu: CpuRuntime;
  /** The file that replay.c reads. */
  recording(): Buffer;
  /** Kernels that ran. */
  seen(): Set<string>;
}

/** Wraps a runtime of one thread. Memory given out before is scratch and stacks: it is not looked at. */
export function recordCommands(cpu: CpuRuntime): Recorder {
  const { heap } = cpu;
  const first = heap.alloc(64);
  let top = first;
  const alloc = heap.alloc.bind(heap);
  heap.alloc = (bytes, owner) => {
    const offset = alloc(bytes, owner);
    top = Math.max(top, offset + Math.ceil(bytes / 64) * 64 + 64);
    return offset;
  };
  const image = new Uint32Array(64 << 18); // 64 MiB: what was last written to the file
  const parts: Uint32Array[] = [];
  const samples = new Map<string, number>();

  /** Runs of words that differ from the image, which then has them. */
  const changes = (): number[] => {
    const now = heap.u32(0, top / 4);
    const runs: number[] = [];
    let count = 0;
    for (let i = first / 4; i < now.length; i++) {
      if (now[i] === image[i]) continue;
      const start = i;
      while (i < now.length && now[i] !== image[i]) i++;
      runs.push(4 * start, i - start);
      for (let k = start; k < i; k++) runs.push(now[k]!);
      image.set(now.subarray(start, i), start);
      count++;
    }
    return [count, ...runs];
  };

  const run: CpuRuntime['run'] = (kernel, chunks, words) => {
    const known = samples.get(kernel) ?? 0;
    if (known >= MOST_SAMPLES) return cpu.run(kernel, chunks, words);
    const packed = packWords(kernel, words);
    const places = addressPlaces(kernel, packed);
    const base = cpu.address(0);
    for (const place of places) {
      const offset = packed[place]! + packed[place + 1]! * 2 ** 32 - base;
      if (offset < 0 || offset >= top) return cpu.run(kernel, chunks, words); // outside the heap
      packed[place] = offset;
    }
    samples.set(kernel, known + 1);
    const before = changes();
    cpu.run(kernel, chunks, words);
    const name = new Uint32Array(8);
    new TextEncoder().encodeInto(kernel, new Uint8Array(name.buffer));
    const head = [kernelIds[kernel], chunks, HOW[kernel] ?? 0, packed.length, ...packed];
    parts.push(
      name,
      Uint32Array.from([...head, places.length, ...places, ...before, ...changes()]),
    );
  };

  let building: (() => void)[] | undefined;
  const recorded: CpuRuntime = {
    ...cpu,
    run: (kernel, chunks, words) => {
      const copy = structuredClone(words);
      if (building) building.push(() => run(kernel, chunks, copy));
      else if (chunks > 0) run(kernel, chunks, words);
    },
    record: (build) => {
      const commands: (() => void)[] = [];
      building = commands;
      build();
      building = undefined;
      return {
        run: () => {
          for (const command of commands) command();
        },
        dispose: () => undefined,
      };
    },
  };
  return {
    cpu: recorded,
    recording: () => {
      const head = Uint32Array.of(MAGIC, top, kernelTableHash);
      return Buffer.concat([head, ...parts].map((part) => Buffer.from(part.buffer)));
    },
    seen: () => new Set(samples.keys()),
  };
}

/** Words of a Part of decodeLinear.c, and which of them is its matrix's address. */
const [PART_WORDS, PART_MATRIX] = [11, 1];

/** Indices of the words that hold absolute addresses. */
function addressPlaces(kernel: KernelName, packed: readonly number[]): number[] {
  const places: number[] = [];
  let place = 0;
  for (const kind of Object.values<WordKind>(descriptors[kernel])) {
    if (kind === 'address') places.push(place);
    if (kernel === 'decodeLinear' && kind === 'u32[]')
      for (let part = place; part < packed.length; part += PART_WORDS)
        places.push(part + PART_MATRIX);
    place += KIND_WORDS[kind] ?? 1;
  }
  return places;
}
