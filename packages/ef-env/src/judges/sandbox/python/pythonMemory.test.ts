import { describe, expect, test } from 'vitest';
import { capMemory } from './pythonMemory.ts';

/** (module (memory (export "m") 1 65536)) */
const MODULE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x05, 0x06, 0x01, 0x01, 0x01, 0x80, 0x80, 0x04],
  ...[0x07, 0x05, 0x01, 0x01, 0x6d, 0x02, 0x00],
);
const memoryOf = (bytes: Uint8Array): WebAssembly.Memory =>
  new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.m as WebAssembly.Memory;

describe('capMemory', () => {
  test('the memory grows to the limit and not beyond, the module given is left alone', () => {
    const memory = memoryOf(capMemory(MODULE, 200));
    memory.grow(199);
    expect(memory.buffer.byteLength).toBe(200 * 65_536);
    expect(() => memory.grow(1)).toThrow(RangeError);
    expect(memoryOf(MODULE).grow(300)).toBe(1);
  });

  test('throws for a module whose memory has no maximum', () => {
    const unlimited = MODULE.slice(0, 16);
    unlimited.set([0x05, 0x03, 0x01, 0x00, 0x01], 8);
    expect(() => capMemory(unlimited.slice(0, 13), 200)).toThrow('one memory with a maximum');
  });
});
