import { describe, expect, test } from 'vitest';
import { testedKernels } from '../testedKernels.ts';
import { registerCpu } from './cpuDevice.ts';
import { createRuntime } from './engine/runtime.ts';

describe.each(testedKernels)('CpuDevice, %s', (kernels) => {
  test('finish waits for what ops have left in the queue', async () => {
    const cpu = createRuntime({ kernels, threads: 2 });
    const device = await registerCpu(cpu);
    const chunk = 65536; // FILL_CHUNK in kernels/fill.c
    const size = 64 * chunk;
    const y = cpu.heap.alloc(4 * size);
    const view = cpu.heap.f32(y, size); // asked for before: a later one would wait by itself
    for (let value = 1; value <= 5; value++) {
      cpu.run('fill', 64, { y, size, value });
      await device.finish();
      expect(view.every((number) => number === value)).toBe(true);
    }
    device.dispose();
  });
});
