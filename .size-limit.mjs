// Budgets of `pnpm check`: what each package adds to an application, minified and compressed, without its peers.
const node = (config) => ({ ...config, platform: 'node', format: 'esm' });
const entry = (name, limit, ignore = []) => ({
  name,
  limit,
  ignore,
  gzip: true,
  path: `packages/${name}/dist/index.js`,
  modifyEsbuildConfig: node,
});
const tensors = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu', 'koffi'];

export default [
  entry('grpo', '15 kB'),
  { ...entry('grpo', '3 kB'), name: 'grpo, one loss', import: '{ dapoLoss }' },
  entry('mol-loss', '6 kB'),
  entry('ef-env', '60 kB'),
  {
    ...entry('ef-env', '12 kB'),
    name: 'ef-env, core',
    import: '{ collect, defineEnvironment, rubric, promptEnvironment }',
  },
  entry('qwen3', '20 kB', [...tensors, '@molrl/tensor-gpu', '@huggingface/tokenizers']),
  entry('tensor-gpu', '240 kB', tensors),
];
