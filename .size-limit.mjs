// Budgets of `pnpm check`: what each package adds to an application, minified and compressed, without its peers.
const node = (config) => ({ ...config, platform: 'node', format: 'esm' });
const entry = (name, limit, ignore = []) => ({
  name,
  limit,
  ignore,
  path: `packages/${name}/dist/index.js`,
  modifyEsbuildConfig: node,
});
const tensors = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu', 'koffi'];

export default [
  entry('grpo', '20 kB'),
  entry('mol-loss', '8 kB'),
  entry('ef-env', '36 kB'),
  entry('qwen3', '20 kB', [...tensors, '@molrl/tensor-gpu', '@huggingface/tokenizers']),
  entry('tensor-gpu', '240 kB', tensors),
];
