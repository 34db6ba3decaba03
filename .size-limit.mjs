import { readFileSync } from 'node:fs';

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
const optionalOf = (name) => {
  const manifest = new URL(`packages/${name}/package.json`, import.meta.url);
  return Object.keys(JSON.parse(readFileSync(manifest, 'utf8')).peerDependencies);
};
const optional = optionalOf('ef-env');
const inBrowser = (config) => ({ ...config, platform: 'browser', format: 'esm' });
const tensors = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu', 'koffi', 'webgpu'];

export default [
  entry('grpo', '30.5 kB'),
  { ...entry('grpo', '11.1 kB'), name: 'grpo, one loss', import: '{ dapoLoss }' }, // half of it checks what it is given, an eighth is its one loop
  entry('mol-loss', '12.5 kB'),
  entry('ef-env', '118 kB', optional),
  {
    ...entry('ef-env', '12.4 kB'), // with nothing left out: the core loads nothing
    name: 'ef-env, core',
    import: '{ collect, defineEnvironment, rubric, promptEnvironment }',
    modifyEsbuildConfig: inBrowser,
  },
  // the first brings its programs sort, collation and modules as V8 and Node have them, as text
  ...Object.entries({ javascriptWorker: '26 kB', pythonWorker: '12 kB', typescriptWorker: '12 kB' }).map(
    ([name, limit]) => ({
      ...entry('ef-env', limit, optional),
      name: `ef-env, ${name}`,
      path: `packages/ef-env/dist/${name}.js`,
      modifyEsbuildConfig: inBrowser,
    }),
  ),
  // 5 kB of it the layouts of quantised safetensors
  entry('qwen3', '66.8 kB', [...tensors, '@molrl/tensor-gpu', '@huggingface/tokenizers', ...optionalOf('qwen3')]),
  // nothing of Node in it; what is loaded when it is needed (gpu.js, tfjs's gradients) is counted
  ...[
    { limit: '334 kB', name: 'tensor-gpu, in a browser' },
    {
      limit: '163.8 kB',
      name: 'tensor-gpu, in a browser, without kernels of one’s own',
      import: '{ openDevice, record, adamw, linear, lmHead }',
    },
  ].map((budget) => ({
    ...entry('tensor-gpu', budget.limit, tensors),
    ...{ ...budget, path: 'packages/tensor-gpu/dist/browser/browser.js' },
    modifyEsbuildConfig: inBrowser,
  })),
  entry('tensor-gpu', '337.6 kB', tensors), // 32 kB of it the GPU; acorn twice: our import, and gpu.js's require in its lazy chunk
];
