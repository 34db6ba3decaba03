import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { testedKernels } from '../../testedKernels.ts';
import { Heap } from './heap.ts';
import { kernelIds, kernelTableHash } from './kernelTable.ts';
import { loadNative, loadWasm } from './library.ts';
import { f32Bits } from './packWords.ts';
import { prebuild } from './prebuild.ts';
import { CONTROL_BYTES, SCRATCH_BYTES, STACK_BYTES } from './threadMemory.ts';
import { wasm } from './wasm.ts';

describe('compiled kernels', () => {
  test.each(['simd.wasm', 'relaxed.wasm'])(
    '%s imports the heap alone and stays below what is reserved',
    (name) => {
      const { memory } = new Heap();
      const bytes = readFileSync(prebuild(`wasm/${name}`) ?? '');
      if (!wasm.validate(bytes)) setFlagsFromString('--experimental-wasm-relaxed-simd'); // Node 20
      const { exports } = new wasm.Instance(new wasm.Module(bytes), { env: { memory } });
      expect((exports.kernel_table as () => number)() >>> 0).toBe(kernelTableHash);
      const used = new Uint8Array(memory.buffer).findLastIndex((byte) => byte !== 0);
      expect(used).toBeGreaterThan(0);
      expect(used).toBeLessThan(1 << 20);
    },
  );

  test('plain and relaxed WebAssembly and native code run the same command', () => {
    for (const load of [
      ...(testedKernels.includes('native') ? [(memory: Heap['memory']) => loadNative(memory)] : []),
      (memory: Heap['memory'], stack: number) => loadWasm(memory, stack, ['relaxed.wasm']),
      (memory: Heap['memory'], stack: number) => loadWasm(memory, stack, ['simd.wasm']),
    ]) {
      const heap = new Heap();
      const library = load(heap.memory, heap.alloc(STACK_BYTES) + STACK_BYTES);
      const [control, scratch] = [heap.alloc(CONTROL_BYTES), heap.alloc(SCRATCH_BYTES)];
      const [x, y, program] = [heap.alloc(40), heap.alloc(40), heap.alloc(64)];
      heap.f32(x, 10).set([-100, -87.5, -1, 0, 1, 88.7, 89, Number.NaN, -Infinity, Infinity]);
      const EXP = 1; // position in the switch of kernels/elementwise.c
      heap.u32(program, 8).set([kernelIds.unary, 1, 5, EXP, x, y, 10, 10]);
      library.runProgram(control, program, 1, 1, scratch);
      const got = heap.f32(y, 10);
      expect([got[0], got[1], got[3], got[6], got[7], got[8], got[9]]).toEqual([
        0,
        0,
        1,
        Infinity,
        Number.NaN,
        0,
        Infinity,
      ]);
      for (const i of [2, 4, 5])
        expect(got[i]! / Math.exp([0, 0, -1, 0, 1, Math.fround(88.7)][i]!)).toBeCloseTo(1, 6);
    }
  });

  test('throws `prebuild` when no WebAssembly file can be used', () => {
    expect(() => loadWasm(new Heap().memory, 65536, [])).toThrow(/prebuilds\/wasm/);
  });
});

test('f32Bits and the heap agree', () => {
  const heap = new Heap();
  const at = heap.alloc(4);
  heap.u32(at, 1)[0] = f32Bits(0.1);
  expect(heap.f32(at, 1)[0]).toBe(Math.fround(0.1));
});
