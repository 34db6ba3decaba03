import { afterAll, describe, expect, test } from 'vitest';
import { testedKernels } from '../../testedKernels.ts';
import type { CpuRuntime } from '../engine/cpuRuntime.ts';
import { createRuntime } from '../engine/runtime.ts';
import { type MatMulArgs, matMulCpu, matMulGrid } from './matMul.ts';

/** [m, n, k]: single elements, every register tile and its edges, several blocks of K, both few-row paths, chunks. */
const SHAPES: [number, number, number][] = [
  [1, 1, 1],
  [1, 70, 300],
  [2, 33, 5],
  [3, 4, 7],
  [5, 17, 64],
  [7, 31, 19],
  [11, 8, 257],
  [12, 40, 100],
  [13, 16, 33],
  [18, 50, 12],
  [19, 37, 21],
  [64, 64, 64],
  [130, 210, 70],
  [241, 90, 270],
];
const TRANSPOSES = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

function random(size: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Equality of bits: `toEqual` is slow on large arrays. */
function sameBits(x: Float32Array, y: Float32Array): boolean {
  const bytes = (z: Float32Array) => Buffer.from(z.buffer, z.byteOffset, z.byteLength);
  return bytes(x).equals(bytes(y));
}

/** Blocks for a product with room around C, filled with the same numbers every time. */
function operands(cpu: CpuRuntime, size: { a: number; b: number; c: number }) {
  const block = (values: Float32Array): number => {
    const offset = cpu.heap.alloc(4 * values.length);
    cpu.heap.f32(offset, values.length).set(values);
    return offset;
  };
  return {
    a: block(random(size.a, 1)),
    b: block(random(size.b, 2)),
    c: block(random(size.c + 64, 3)),
  };
}

/** Runs a product and returns C and what follows it. */
function product(cpu: CpuRuntime, args: Omit<MatMulArgs, 'a' | 'b' | 'c'>): Float32Array {
  const { m, n, k, batch = 1 } = args;
  const size = { a: batch * m * k, b: batch * k * n, c: batch * m * n };
  const { a, b, c } = operands(cpu, size);
  matMulCpu(cpu, { a, b, c, ...args });
  const result = cpu.heap.f32(c, size.c + 64).slice();
  for (const offset of [a, b, c]) cpu.heap.free(offset);
  return result;
}

/** The same in double precision, with the sum of magnitudes that bounds the rounding error. */
function reference({
  m,
  n,
  k,
  transposeA,
  transposeB,
  accumulate,
}: Omit<MatMulArgs, 'a' | 'b' | 'c'>) {
  const [a, b, c] = [random(m * k, 1), random(k * n, 2), random(m * n + 64, 3)];
  const sums = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = accumulate ? c[i * n + j]! : 0;
      for (let p = 0; p < k; p++)
        sum += a[transposeA ? p * m + i : i * k + p]! * b[transposeB ? j * k + p : p * n + j]!;
      sums[i * n + j] = sum;
    }
  return { sums, after: c.subarray(m * n) };
}

describe.each(testedKernels)('matMulCpu, %s', (kernels) => {
  const one = createRuntime({ kernels, threads: 1 });
  const two = createRuntime({ kernels, threads: 2 });
  afterAll(() => {
    one.dispose();
    two.dispose();
  });

  test.each(SHAPES)(
    '%i x %i x %i equals float64 for all transposes, on one and two threads alike',
    (m, n, k) => {
      for (const [transposeA, transposeB] of TRANSPOSES)
        for (const accumulate of [false, true]) {
          const args = { m, n, k, transposeA, transposeB, accumulate };
          const got = product(one, args);
          const { sums, after } = reference(args);
          let worst = 0;
          for (let i = 0; i < m * n; i++) worst = Math.max(worst, Math.abs(got[i]! - sums[i]!));
          expect(worst).toBeLessThan(2e-6 * Math.sqrt(k)); // random signs: errors grow as the root of K
          expect(sameBits(got.subarray(m * n), after)).toBe(true); // nothing written behind C
          expect(sameBits(product(two, args), got)).toBe(true);
        }
    },
  );

  test('a batch equals its items, with strides, shared operands and tables', () => {
    const [m, n, k, batch] = [9, 20, 33, 6];
    const all = product(one, { m, n, k, batch });
    expect(product(two, { m, n, k, batch })).toEqual(all);
    const { a, b, c } = operands(one, { a: batch * m * k, b: batch * k * n, c: m * n });
    for (let item = 0; item < batch; item++) {
      matMulCpu(one, { a: a + 4 * item * m * k, b: b + 4 * item * k * n, c, m, n, k });
      expect(one.heap.f32(c, m * n)).toEqual(all.subarray(item * m * n, (item + 1) * m * n));
    }
    const shared = product(one, { m, n, k, batch, strideA: 0, strideB: 0 });
    expect(shared.subarray(m * n, 2 * m * n)).toEqual(shared.subarray(0, m * n));
    const offsetsA = Array.from({ length: batch }, (_, i) => i * m * k);
    expect(product(one, { m, n, k, batch, offsetsA })).toEqual(all);
    for (const offset of [a, b, c]) one.heap.free(offset);
  });

  test('rows may lie further apart than they are long', () => {
    const [m, n, k] = [30, 24, 40];
    const dense = product(one, { m, n, k });
    const { a, b, c } = operands(one, { a: m * 50, b: k * 28, c: m * 32 });
    const view = (
      offset: number,
      rows: number,
      stride: number,
      width: number,
      from: Float32Array,
    ) => {
      for (let r = 0; r < rows; r++)
        one.heap.f32(offset + 4 * r * stride, width).set(from.subarray(r * width, (r + 1) * width));
    };
    view(a, m, 50, k, random(m * k, 1));
    view(b, k, 28, n, random(k * n, 2));
    matMulCpu(one, { a, b, c, m, n, k, lda: 50, ldb: 28, ldc: 32 });
    for (let r = 0; r < m; r++)
      expect(one.heap.f32(c + 4 * r * 32, n)).toEqual(dense.subarray(r * n, (r + 1) * n));
    for (const offset of [a, b, c]) one.heap.free(offset);
  });

  test('an empty sum is 0, or leaves C as it is', () => {
    const zeros = product(one, { m: 3, n: 5, k: 0 });
    expect([...zeros.subarray(0, 15)]).toEqual(new Array(15).fill(0));
    expect(product(one, { m: 3, n: 5, k: 0, accumulate: true })).toEqual(random(79, 3));
  });

  test('NaN and infinity arrive in C', () => {
    const { a, b, c } = operands(one, { a: 20 * 20, b: 20 * 20, c: 20 * 20 });
    one.heap.f32(a, 400).fill(0);
    one.heap.f32(a, 400)[45] = Number.NaN;
    matMulCpu(one, { a, b, c, m: 20, n: 20, k: 20 });
    const bad = [...one.heap.f32(c, 400)].flatMap((value, i) => (Number.isNaN(value) ? [i] : []));
    expect(bad).toEqual(Array.from({ length: 20 }, (_, j) => 40 + j));
    for (const offset of [a, b, c]) one.heap.free(offset);
  });
});

test('matMulGrid covers every product with a bounded number of chunks', () => {
  for (const [m, n, k, batch] of [
    [1, 1, 1, 1],
    [2048, 128, 384, 1],
    [64, 64, 2048, 1],
    [128, 128, 2048, 1],
    [1, 150_000, 1024, 1],
    [8, 3072, 1024, 1],
    [32, 32, 64, 256],
    [512, 512, 64, 16],
    [4096, 4096, 4096, 2],
  ] as const) {
    const { rows, columns, items, chunks } = matMulGrid({ m, n, k, batch });
    const perItem = Math.ceil(m / rows) * Math.ceil(n / columns);
    expect(perItem * Math.ceil(batch / items)).toBe(chunks);
    expect(chunks).toBeLessThanOrEqual(600);
  }
});
