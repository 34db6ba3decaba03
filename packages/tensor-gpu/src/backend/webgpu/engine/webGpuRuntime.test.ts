import { describe, expect, test } from 'vitest';
import { WebGpuRuntime } from './webGpuRuntime.ts';

/** A device that does nothing, and may be lost: reads fail before it says so. */
function idleDevice() {
  let lose = (_: GPUDeviceLostInfo): void => undefined;
  const listeners = new Set<unknown>();
  const buffers = new Set<object>();
  let isLost = false;
  const device = {
    limits: { maxBufferSize: 2 ** 28 },
    lost: new Promise<GPUDeviceLostInfo>((resolve) => {
      lose = resolve;
    }),
    addEventListener: (_: string, listener: unknown) => listeners.add(listener),
    removeEventListener: (_: string, listener: unknown) => listeners.delete(listener),
    createBuffer({ size }: { size: number }) {
      const buffer = {
        size,
        destroy: () => buffers.delete(buffer),
        mapAsync: async () => {
          if (isLost) throw new Error('AbortError');
        },
        getMappedRange: () => new ArrayBuffer(size),
      };
      buffers.add(buffer);
      return buffer;
    },
    createCommandEncoder: () => ({ copyBufferToBuffer: () => undefined, finish: () => ({}) }),
    queue: {
      writeBuffer: () => undefined,
      submit: () => undefined,
      onSubmittedWorkDone: async () => {
        if (isLost) throw new Error('AbortError');
      },
    },
  };
  const runtime = new WebGpuRuntime(
    {
      device: device as unknown as GPUDevice, // what a runtime asks of one here
      info: { vendor: '', architecture: '', description: '' },
      subgroup: 1,
      shaderF16: false,
      release: () => undefined,
    },
    2 ** 40,
  );
  const loseIt = () => {
    isLost = true;
    setTimeout(() => lose({ reason: 'unknown', message: 'gone' } as GPUDeviceLostInfo), 5);
  };
  return { runtime, listeners, buffers, loseIt };
}

describe('a runtime', () => {
  test('names the loss of the device in reads and waits that fail before it is told', async () => {
    const { runtime, loseIt } = idleDevice();
    const buffer = runtime.upload(new Float32Array(4));
    const reading = runtime.read({ buffer, offset: 0, bytes: 16 }, 16);
    loseIt();
    await expect(reading).rejects.toMatchObject({ code: 'device-lost' });
    await expect(runtime.finish()).rejects.toMatchObject({ code: 'device-lost' });
  });

  test('gives its memory back on a device that stays open, and answers what was asked for', async () => {
    const { runtime, listeners, buffers } = idleDevice();
    const buffer = runtime.upload(new Float32Array(4));
    const reading = runtime.read({ buffer, offset: 0, bytes: 16 }, 16);
    runtime.dispose();
    expect((await reading).byteLength).toBe(16);
    expect(listeners.size).toBe(0);
    await new Promise((resolve) => setTimeout(resolve));
    expect(buffers.size).toBe(0);
  });

  test('uploads again into what was freed, though nothing is submitted between', () => {
    const { runtime } = idleDevice();
    for (let k = 0; k < 50; k++) runtime.pool.give(runtime.upload(new Float32Array(400)));
    expect(runtime.memory().allocated).toBeLessThanOrEqual(2048);
  });
});
