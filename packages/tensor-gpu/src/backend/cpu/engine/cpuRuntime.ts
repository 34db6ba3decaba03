import { TensorGpuError } from '../../../base/errors.ts';
import type { CommandListener } from '../../commandListener.ts';
import { COMMAND_HEAD, CommandQueue, writeCommand } from './commandQueue.ts';
import { commandWork } from './commandWork.ts';
import type { Crew } from './crew.ts';
import type { KernelName, KernelWords } from './descriptors.ts';
import type { Heap } from './heap.ts';
import { kernelIds } from './kernelTable.ts';
import { packWords } from './packWords.ts';
import { SCRATCH_BYTES } from './threadMemory.ts';
import type { Library } from './wasmLibrary.ts';

/** Commands recorded once, replayed with one call. */
export interface CpuProgram {
  /** Executes all commands in order. Their words are fixed, what lies in the heap is read anew. */
  run(): void;
  /** Frees the program (not the blocks that it works on). */
  dispose(): void;
}

/** Heap, kernels and threads: what the CPU back end and the packers of fused ops work with. */
export interface CpuRuntime {
  readonly heap: Heap;
  /** `native` (koffi) or `wasm`. */
  readonly kind: 'native' | 'wasm';
  /** File name of the kernels in use. */
  readonly library: string;
  /** Threads that compute, the calling one included. */
  readonly threads: number;
  /** Why these are fewer than were asked for, or than the machine has cores. */
  readonly fewerThreads: string | undefined;
  /** Absolute address of an offset in the heap, as kernels take it; in WebAssembly the offset itself. */
  address(offset: number): number;
  /**
   * Executes one command, or appends it while recording. `chunks` 0 does nothing. Where there are workers it may be done later:
   * a view of the heap is given out when all is done, so ask for one each time.
   */
  run<Name extends KernelName>(kernel: Name, chunks: number, words: KernelWords<Name>): void;
  /** See {@link Backend.observe}; each time is known at once. */
  observe(listener: CommandListener): () => void;
  /** Inside `build`, `run` only records. */
  record(build: () => void): CpuProgram;
  /** Resolves when all workers have entered the kernels, or could not: until then a process that ends could meet one half started. */
  readonly ready: Promise<void>;
  /** Stops the workers. The heap is released when nothing refers to it any more. */
  dispose(): void;
}

/** Words of one eager command at most. */
const COMMAND_WORDS = 4096;
/** Names by id. */
const kernelNames = Object.keys(kernelIds) as KernelName[]; // in the order of their ids

/** Runs commands of compiled kernels on a heap. */
export function cpuRuntime(heap: Heap, library: Library, crew: Crew): CpuRuntime {
  const { control, threads } = crew;
  const scratch = heap.alloc(SCRATCH_BYTES, 'threads');
  const command = heap.alloc(4 * COMMAND_WORDS);
  const commandWords = heap.u32(command, COMMAND_WORDS);

  const queue =
    threads > 1
      ? new CommandQueue({ heap, crew, drainQueue: () => library.drainQueue(control, scratch) })
      : undefined;
  heap.settle = () => queue?.drain();

  let recording: number[] | undefined;
  let recorded = 0;
  let disposed = false;
  let observer: CommandListener | undefined;

  const observe = (listener: CommandListener): (() => void) => {
    if (observer)
      throw new TensorGpuError('backend', 'profile: another profile is running. Await it first.');
    queue?.drain();
    observer = listener;
    return () => {
      observer = undefined;
    };
  };

  const assertOpen = (): void => {
    if (disposed) throw new TensorGpuError('disposed', 'tensor-gpu: the CPU device was disposed.');
  };

  const play = (program: number, count: number, parallel: boolean): void => {
    assertOpen();
    queue?.drain();
    if (observer) playObserved(observer, { program, count, parallel });
    else playAll(program, count, parallel);
  };

  const playAll = (program: number, count: number, parallel: boolean): void => {
    if (!parallel || threads === 1) {
      library.runProgram(control, program, count, 1, scratch);
      return;
    }
    crew.wake();
    try {
      library.runProgram(control, program, count, threads, scratch);
    } finally {
      crew.rest();
    }
  };

  /** Command by command, each with its time. */
  const playObserved = (
    observe: CommandListener,
    { program, count, parallel }: { program: number; count: number; parallel: boolean },
  ): void => {
    let at = program;
    for (let i = 0; i < count; i++) {
      const head = heap.u32(at, COMMAND_HEAD);
      const kernel = kernelNames[head[0]!]!;
      const words = heap.u32(at, COMMAND_HEAD + head[2]!);
      const tell = observe({ kernel, ...commandWork(kernel, words, COMMAND_HEAD) });
      const started = performance.now();
      playAll(at, 1, parallel && head[1]! > 1);
      tell((performance.now() - started) / 1000);
      at += 4 * (COMMAND_HEAD + head[2]!);
    }
  };

  const run = <Name extends KernelName>(
    kernel: Name,
    chunks: number,
    named: KernelWords<Name>,
  ): void => {
    if (chunks === 0) return;
    const words = packWords(kernel, named);
    if (recording) {
      recording.push(kernelIds[kernel], chunks, words.length);
      for (let i = 0; i < words.length; i++) recording.push(words[i]!);
      recorded++;
      return;
    }
    if (queue && !observer) {
      assertOpen();
      queue.push({ kernel: kernelIds[kernel], chunks, words });
      return;
    }
    if (words.length + COMMAND_HEAD > COMMAND_WORDS)
      throw new TensorGpuError('internal', `${kernel}: ${words.length} words in one command.`);
    writeCommand(commandWords, 0, { kernel: kernelIds[kernel], chunks, words });
    play(command, 1, chunks > 1);
  };

  const record = (build: () => void): CpuProgram => {
    if (recording) throw new TensorGpuError('internal', 'CpuRuntime.record: is already recording.');
    let words: number[];
    let count: number;
    recording = [];
    recorded = 0;
    try {
      build();
    } finally {
      words = recording;
      count = recorded;
      recording = undefined;
    }
    let offset: number | undefined = heap.alloc(Math.max(4, 4 * words.length));
    heap.u32(offset, words.length).set(words);
    let parallel = false;
    for (let i = 0; i < words.length; i += 3 + words[i + 2]!) parallel ||= words[i + 1]! > 1;
    return {
      run: () => {
        if (offset === undefined)
          throw new TensorGpuError('disposed', 'CpuProgram.run: the program was disposed.');
        if (count > 0) play(offset, count, parallel);
      },
      dispose: () => {
        if (offset !== undefined) heap.free(offset);
        offset = undefined;
      },
    };
  };

  return {
    heap,
    kind: library.kind,
    library: library.name,
    threads,
    fewerThreads: crew.fewerThreads,
    address: (offset) => library.base + offset,
    run,
    observe,
    record,
    ready: crew.ready,
    dispose: () => {
      if (disposed) return;
      queue?.drain();
      crew.dispose();
      disposed = true;
    },
  };
}
