import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { type PolicyLossCall, policyLoss } from '@molrl/grpo';
import { type Contender, startContender } from './contender.ts';
import { median } from './median.ts';

/**
 * Loss and gradient of 64 x 1,024 tokens, ours against PyTorch in one run, alternating, medians; one thread each.
 * The promise is 10 ms on one core. `node --conditions=@molrl/source --import tsx bench/losses.ts`
 */
const SPEC = { rows: 64, length: 1024 };
const ROUNDS = 15;

const CASES: Record<string, PolicyLossCall> = {
  dapo: { lossType: 'dapo' },
  'dapo+kl': { lossType: 'dapo', beta: 0.04 },
  gspo: { lossType: 'gspo' },
};

/** Uniform in [0, 1), the same in every run. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' LCG
    return state / 2 ** 32;
  };
}

function randomBatch() {
  const next = uniform(1);
  const size = SPEC.rows * SPEC.length;
  const logprobs = Float32Array.from({ length: size }, () => -3 * next());
  const near = () => logprobs.map((x) => Math.min(-1e-3, x + 0.7 * (next() - 0.5)));
  return {
    logprobs,
    oldLogprobs: near(),
    refLogprobs: near(),
    completionMask: Uint8Array.from({ length: size }, () => (next() < 0.9 ? 1 : 0)),
    advantages: Float32Array.from({ length: SPEC.rows }, () => 2 * next() - 1),
    sequenceLength: SPEC.length,
  };
}

async function startPeer(): Promise<Contender | undefined> {
  const python = process.env.MOLRL_PYTHON;
  if (!python) return undefined;
  const script = fileURLToPath(new URL('peers/torch_losses.py', import.meta.url));
  const variants = Object.keys(CASES).join(',');
  const spec = JSON.stringify(SPEC);
  return startContender([python, script, '--spec', spec, '--threads', '1', '--variants', variants]);
}

const batch = randomBatch();
const peer = await startPeer();
if (!peer) console.log('No peer: MOLRL_PYTHON is not set.');
console.log('loss       best ms    ours ms   torch ms      ratio');
for (const [name, options] of Object.entries(CASES)) {
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let warm = 0; warm < 5; warm++) policyLoss(batch, options);
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    policyLoss(batch, options);
    ours.push(performance.now() - started);
    if (peer?.ready.includes(name)) theirs.push(1000 * (await peer.run(name, 1)));
  }
  const [best, own, other] = [Math.min(...ours), median(ours), median(theirs)];
  const columns = [best, own, other, other / own].map((x) => x.toFixed(2).padStart(10));
  console.log(`${name.padEnd(8)} ${columns.join(' ')}`);
}
peer?.stop();
