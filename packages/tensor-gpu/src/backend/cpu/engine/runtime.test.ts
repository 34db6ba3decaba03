import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { testedKernels } from '../../testedKernels.ts';
import { f32Bits } from './packWords.ts';
import { createRuntime } from './runtime.ts';

/** FILL_CHUNK in kernels/fill.c. */
const CHUNK = 65536;

describe.each(testedKernels)('CpuRuntime, %s', (kernels) => {
  test('runs every chunk of a command exactly once, with workers awake, parked and late', async () => {
    const cpu = createRuntime({ kernels, threads: 4 });
    const size = 5 * CHUNK + 17;
    const y = cpu.heap.alloc(4 * size);
    for (let round = 1; round <= 30; round++) {
      cpu.heap.f32(y, size).fill(0);
      cpu.run('fill', 6, { y, size, value: round });
      expect(cpu.heap.f32(y, size).every((value) => value === round)).toBe(true);
      if (round % 10 === 0) await sleep(5); // long enough to park
    }
    cpu.dispose();
  });

  test('a program of thousands of small parallel commands keeps their order', () => {
    const cpu = createRuntime({ kernels, threads: 3 });
    const size = 2 * CHUNK;
    const [a, b] = [cpu.heap.alloc(4 * size), cpu.heap.alloc(4 * size)];
    const view = cpu.heap.f32(a, size).fill(0);
    cpu.heap.f32(b, size).fill(1);
    // each command adds 1 to the 64 numbers of its chunk; a chunk lost, doubled or taken late would show
    const sizes = {
      rows: 1,
      width: 1024,
      kindA: 0,
      kindB: 0,
      rowsPerChunk: 1,
      columnsPerChunk: 64,
    };
    const words = { op: 0, a, b, y: a, ...sizes };
    const program = cpu.record(() => {
      for (let i = 0; i < 2000; i++) cpu.run('binary', 16, words);
    });
    for (let i = 0; i < 10; i++) program.run();
    expect(view.subarray(0, 1024).every((value) => value === 20_000)).toBe(true);
    expect(view[1024]).toBe(0);
    program.dispose();
    expect(() => program.run()).toThrow(/was disposed/);
    cpu.dispose();
  });

  test('commands that nobody waits for are done in order, more than the queue has room for too', async () => {
    const cpu = createRuntime({ kernels, threads: 3 });
    const [y, other] = [cpu.heap.alloc(4096), cpu.heap.alloc(4096)];
    const sizes = { rows: 1, width: 1024, kindA: 0, kindB: 0, rowsPerChunk: 1 };
    const double = { op: 0, a: y, b: y, y, ...sizes, columnsPerChunk: 64 }; // y = y + y
    for (let round = 0; round < 400; round++) {
      cpu.run('fill', 1, { y, size: 1024, value: 1 + (round % 7) });
      for (let i = 0; i < 10; i++)
        cpu.run('binary', i % 2 === 0 ? 16 : 1, {
          ...double,
          ...(i % 2 === 1 && { columnsPerChunk: 1024 }),
        });
      if (round % 100 === 50) await sleep(5); // workers end the queue alone, and park
      if (round % 20 !== 0) continue;
      cpu.run('fill', 2, { y: other, size: 1024, value: round });
      expect(cpu.heap.f32(y, 1024).every((value) => value === (1 + (round % 7)) * 1024)).toBe(true);
      expect(cpu.heap.f32(other, 1024).every((value) => value === round)).toBe(true);
    }
    cpu.dispose();
  });

  test('a program begins when the commands before it are done, and a profile sees only its own', () => {
    const cpu = createRuntime({ kernels, threads: 2 });
    const size = 3 * CHUNK;
    const [a, y] = [cpu.heap.alloc(4 * size), cpu.heap.alloc(4 * size)];
    const sizes = { rows: 1, width: size, kindA: 0, kindB: 0, rowsPerChunk: 1 };
    const add = { op: 0, a, b: a, y, ...sizes, columnsPerChunk: CHUNK };
    const program = cpu.record(() => cpu.run('binary', 3, add));
    for (let value = 1; value <= 50; value++) {
      cpu.run('fill', 3, { y: a, size, value });
      program.run();
      expect(cpu.heap.f32(y, size).every((sum) => sum === 2 * value)).toBe(true);
    }
    cpu.run('fill', 3, { y: a, size, value: 7 });
    const kernelsSeen: string[] = [];
    const stop = cpu.observe(
      ({ kernel }) =>
        () =>
          kernelsSeen.push(kernel),
    );
    cpu.run('binary', 3, add);
    stop();
    expect(kernelsSeen).toEqual(['binary']);
    expect(cpu.heap.f32(y, size).every((sum) => sum === 14)).toBe(true);
    cpu.dispose();
  });

  test('what was asked for before dispose is done by then', () => {
    const cpu = createRuntime({ kernels, threads: 2 });
    const size = 5 * CHUNK;
    const y = cpu.heap.alloc(4 * size);
    for (let value = 1; value <= 20; value++) cpu.run('fill', 5, { y, size, value });
    cpu.dispose();
    expect(cpu.heap.f32(y, size).every((value) => value === 20)).toBe(true);
  });

  test('recording executes nothing', () => {
    const cpu = createRuntime({ kernels, threads: 1 });
    const y = cpu.heap.alloc(16);
    cpu.heap.f32(y, 4).fill(1);
    const program = cpu.record(() => cpu.run('fill', 1, { y, size: 4, value: 2 }));
    expect([...cpu.heap.f32(y, 4)]).toEqual([1, 1, 1, 1]);
    program.run();
    expect([...cpu.heap.f32(y, 4)]).toEqual([2, 2, 2, 2]);
    cpu.dispose();
  });

  test('throws `disposed` afterwards, and can be opened again', () => {
    const cpu = createRuntime({ kernels, threads: 2 });
    cpu.dispose();
    cpu.dispose();
    expect(() => cpu.run('fill', 1, { y: 64, size: 0, value: 0 })).toThrow(
      /the CPU device was disposed/,
    );
    createRuntime({ kernels, threads: 2 }).dispose();
  });
});

test('f32Bits are the bits of the nearest float', () => {
  expect(f32Bits(1)).toBe(0x3f800000);
  expect(f32Bits(-0)).toBe(0x80000000);
});

test('throws `option` for bad options', () => {
  expect(() => createRuntime({ threads: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[TensorGpuError: openCpu: threads must be an integer from 1 to 64, got 0.]`,
  );
  expect(() => createRuntime({ threads: 1.5 })).toThrow(/got 1.5/);
});
