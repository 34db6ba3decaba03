import { defineConfig } from 'vitest/config';
import { project } from './vitest.projects.ts';

/** `pnpm webgpu` runs these: they need a driver of Vulkan, which `npm test` does not. */
const gpuProject = (name: string, root: string) => {
  const plain = project(name, root);
  const { exclude, ...test } = plain.test;
  return {
    ...plain,
    test: {
      ...test,
      include: ['**/*.webgpu.test.ts'],
      exclude: exclude.filter((pattern) => !pattern.includes('webgpu')),
      testTimeout: 600_000,
      hookTimeout: 600_000,
    },
  };
};

export default defineConfig({
  test: {
    maxWorkers: 1,
    projects: [
      gpuProject('tensor-gpu on a GPU', 'packages/tensor-gpu'),
      gpuProject('qwen3 on a GPU', 'packages/qwen3'),
      gpuProject('conformance on a GPU', 'conformance'),
    ],
  },
});
