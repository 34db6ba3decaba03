/**
 * The floors of each package, lowest first: an import, of a type too, goes to the same floor or a lower one.
 * `a/b` is a folder inside a folder, `a/` the files of a folder without those of its folders.
 * What a package has beside its floors (index.ts) stands above them.
 */
export const FLOORS = {
  grpo: [
    ['base'],
    ['ratio', 'kl'],
    ['rewards', 'groups', 'advantages', 'correction', 'schedule', 'logits'],
    ['loss/objectives', 'loss/options'],
    ['loss/reduction'],
    ['loss/tokens', 'loss/call'],
    ['loss/', 'loss/sequences'],
    ['loss/mixture'],
    ['metrics'],
  ],
  'ef-env': [
    ['base'],
    ['text', 'numbers', 'platform'],
    ['data', 'trajectory'],
    ['rewards'],
    ['episode'],
    ['judges/maths/read'],
    ['judges/maths/value'],
    ['judges/maths/compare', 'judges/maths/extract'],
    ['judges/maths/graders', 'judges/arithmetic', 'judges/typescript', 'judges/sandbox'],
    ['environments'],
    ['evaluation'],
  ],
  'tensor-gpu': [
    ['base'],
    ['sampling', 'weights'],
    ['backend/'],
    ['tape'],
    ['fused'],
    ['ops', 'optim', 'decode', 'userKernels', 'profile'],
    ['backend/cpu/engine', 'backend/webgpu/engine'],
    ['backend/cpu/kernels', 'backend/cpu/decode', 'backend/webgpu/kernels', 'backend/webgpu/decode'],
    ['backend/webgpu/userKernels'],
    ['backend/cpu/', 'backend/webgpu/'],
    ['devices'],
  ],
  'mol-loss': [['base'], ['divergence'], ['mol', 'distill'], ['methods']],
  qwen3: [['base', 'platform'], ['model'], ['checkpoint', 'chat', 'gguf'], ['lora'], ['train', 'generate', 'plan']],
};

const inside = (name, rooms) =>
  `^packages/${name}/src/(${rooms.map((room) => (room.endsWith('/') ? `${room}[^/]+$` : `${room}/`)).join('|')})`;

/** One rule a floor: nothing on it imports from a floor above. */
const floorRules = Object.entries(FLOORS).flatMap(([name, floors]) =>
  floors.slice(0, -1).map((rooms, level) => ({
    name: `${name}: ${rooms.join(', ')}`,
    comment: `${name}/src/${rooms.join(', ')} must not import from a higher floor: move what both need down.`,
    severity: 'error',
    from: { path: inside(name, rooms) },
    to: { path: floors.slice(level + 1).map((above) => inside(name, above)) },
  })),
);

export default {
  forbidden: [
    {
      name: 'no circle',
      comment: 'Files that import each other in a circle, types included: give what they share a file of its own.',
      severity: 'error',
      from: { path: '^(packages/[^/]+/src|examples)/' },
      to: { circular: true },
    },
    ...['cpu', 'webgpu'].map((device) => ({
      name: `device ${device}`,
      comment: `Only devices/, index.ts and browser.ts import from backend/${device}: what others need stands in backend/.`,
      severity: 'error',
      from: {
        path: '^packages/tensor-gpu/src/',
        pathNot: `^packages/tensor-gpu/src/(backend/${device}/|devices/|index[.]ts$|browser[.]ts$)`,
      },
      to: { path: `^packages/tensor-gpu/src/backend/${device}/` },
    })),
    {
      name: 'method without harness',
      comment: 'What the method and its games need stands in base/: they run without progress, checkpoints and reports.',
      severity: 'error',
      from: { path: '^examples/trainer/(base|method|games)/' },
      to: { path: '^examples/trainer/(harness|stages|seeing|control)/' },
    },
    ...floorRules,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    includeOnly: '^(packages/[^/]+/src|examples)/',
    exclude: { path: '[.]test(-d)?[.]ts$' },
    tsPreCompilationDeps: true,
    detectJSDocImports: true,
    enhancedResolveOptions: { conditionNames: ['@molrl/source', 'import'], extensions: ['.ts', '.js'] },
  },
};
