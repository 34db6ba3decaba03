import { expect, test, vi } from 'vitest';
import { testedKernels } from '../../testedKernels.ts';
import { checkedLibrary } from './checkedLibrary.ts';
import { Heap } from './heap.ts';
import { kernelIds } from './kernelTable.ts';
import { loadNative, loadWasm } from './library.ts';
import { STACK_BYTES } from './threadMemory.ts';
import type { Library } from './wasmLibrary.ts';

const heap = new Heap();
const wasm = loadWasm(heap.memory, heap.alloc(STACK_BYTES) + STACK_BYTES);
const others = testedKernels.includes('native') ? [loadNative(heap.memory), wasm] : [wasm];

/** As `wasm`, but what one kernel writes first is a little too large. */
function broken(kernel: keyof typeof kernelIds, result: number): Library {
  return {
    ...wasm,
    name: 'kernels-v4.so',
    runProgram: (control, program, count, threads, scratch) => {
      wasm.runProgram(control, program, count, threads, scratch);
      const words = heap.u32(program, 32);
      if (words[0] === kernelIds[kernel]) heap.f32(words[3 + result]!, 1)[0]! += 0.01;
    },
  };
}

test('a library that agrees is used, and leaves nothing behind', () => {
  const before = heap.usage().inUse;
  for (const library of others)
    expect(checkedLibrary(heap, library, { reference: wasm, forced: true })).toBe(library);
  expect(heap.usage().inUse).toBe(before);
});

test.each([
  ['gemm', 4],
  ['attention', 4],
  ['rmsNorm', 2],
  ['unary', 2],
] as const)('one whose %s differs is left aside, with a warning', (kernel, result) => {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const library = checkedLibrary(heap, broken(kernel, result), { reference: wasm, forced: false });
  expect(library).toBe(wasm);
  expect(warning.mock.calls).toEqual([
    [expect.stringContaining(`${kernel} of kernels-v4.so differs from ${wasm.name}`)],
  ]);
  warning.mockRestore();
});

test('a forced one that differs is an error `prebuild`', () => {
  expect(() => checkedLibrary(heap, broken('gemm', 4), { reference: wasm, forced: true })).toThrow(
    expect.objectContaining({ code: 'prebuild' }),
  );
});
