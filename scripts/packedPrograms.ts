// Programs that packedPackages.packed.test.ts runs where the packages are installed. `load` writes how a package is
// loaded: `await import(name)` or `require(name)`.

/** A program in both module systems: what each package exports, and what the installed engine computes. */
export const useThem = (load: (name: string) => string): string => `
const names = ['grpo', 'mol-loss', 'ef-env', 'qwen3', 'tensor-gpu'];
const exported = {};
for (const name of names) exported[name] = Object.keys(${load("'@molrl/' + name")}).filter((key) => key !== 'default' && key !== 'module.exports').sort();
const { dapoLoss, groupAdvantages } = ${load("'@molrl/grpo'")};
const { molLoss } = ${load("'@molrl/mol-loss'")};
const advantages = groupAdvantages([1, 0], { numGenerations: 2, scaleRewards: 'none' });
const policy = dapoLoss({ logprobs: [-1, -2], advantages, completionMask: [1, 1], sequenceLength: 1 }, {});
const mixture = molLoss({ logprobs: [-2, -1], kl: [0, 0.5], roles: ['environment', 'general'] }, { alpha: 0.5 });
const losses = [...policy.gradient, mixture.loss];
const { defineKernel, linear, openCpu, record } = ${load("'@molrl/tensor-gpu'")};
const { mul, scalar, sum, tanh, tensor1d, tensor2d } = ${load("'@tensorflow/tfjs-core'")};
const device = await openCpu({ threads: 2, kernels: 'wasm' });
const x = tensor2d([[1, 2]]);
const { value, tape } = record(() => linear(x, tensor2d([[3, 4], [5, 6]])));
const product = Array.from(await value.data());
const { value: loss, tape: second } = record(() => sum(tanh(x))); // tfjs's own gradients
const gradients = second.backward([[loss, scalar(1)]], { x });
const slope = (await gradients.x.data())[0];
const square = defineKernel({ name: 'square2', forward: (x) => x * x, reference: (x) => mul(x, x) });
await square.ready(); // loads the chunk with gpu.js
const squares = Array.from(await square(tensor1d([2, 3])).data());
const kind = device.kind;
tape.dispose();
device.dispose();
process.stdout.write(JSON.stringify({ exported, losses, product, slope, squares, kind }));
`;

/** Optional package -> what needs it. */
const FEATURES: Record<string, string> = {
  'quickjs-emscripten': 'efEnv.javascriptSandbox().run(script)',
  pyodide: 'efEnv.pythonSandbox().run(script)',
  hyparquet: 'efEnv.readRows(parquet)',
  'hyparquet-writer': "efEnv.writeTrajectories('episodes.parquet', [])",
  typescript: "efEnv.typescriptCompiler().check('1')",
  '@cfworker/json-schema':
    'efEnv.toolEnvironment({ tools: [tool] }).start().reset({}, { seed: 0 })',
  '@cortex-js/compute-engine': "efEnv.computeEngineEqual('1', '1')",
  ...(Number(process.versions.node.split('.')[0]) < 22 && {
    ws: "efEnv.openEnvClient({ url: 'http://127.0.0.1:9' }).session()", // later ones have a WebSocket
  }),
};

/**
 * A program in both module systems: each feature of ef-env that needs an optional package, where none is
 * installed; prints how it ended.
 */
export const useWithoutPeers = (load: (name: string) => string): string => `
const { EfEnvError, ...efEnv } = ${load("'@molrl/ef-env'")};
const parquet = { content: new Uint8Array(Buffer.from('PAR1PAR1')), format: 'parquet' };
const tool = { name: 'now', description: 'The time.', parameters: { type: 'object' }, call: () => '' };
const script = { mode: 'script', code: '' };
const features = {
  ${Object.entries(FEATURES)
    .map(([peer, feature]) => `'${peer}': () => ${feature},`)
    .join('\n  ')}
};
const ended = {};
for (const [peer, feature] of Object.entries(features)) {
  try { ended[peer] = ['worked', String(await feature())]; }
  catch (error) { ended[peer] = [error instanceof EfEnvError ? error.code : error.name, error.message]; }
}
process.stdout.write(JSON.stringify(ended));
process.exit(); // whatever is still open
`;
