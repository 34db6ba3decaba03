// The Mixture of Losses on one short sequence: by hand, by @molrl/mol-loss, and a few steps downhill.
import { molLossFromLogits, type Role } from '@molrl/mol-loss';

const steps = Number(process.argv[2] ?? 50);
const V = 5; // vocabulary
const roles: Role[] = ['ignore', 'environment', 'environment', 'assistant', 'general'];
const targets = [0, 3, 1, 4, 2];
const alpha = 0.3;

/** A fixed pattern of numbers stands for the model's logits and the frozen base's. */
const pattern = (shift: number): Float64Array =>
  Float64Array.from({ length: roles.length * V }, (_, i) => Math.sin(1.7 * i + shift));
const logits = pattern(0);
const refLogits = pattern(0.4);

/** p_v = exp(z_v) / sum_u exp(z_u) */
function softmax(row: ArrayLike<number>): number[] {
  const exps = Array.from(row, Math.exp);
  const total = exps.reduce((sum, x) => sum + x, 0);
  return exps.map((x) => x / total);
}

function lossByHand(): number {
  const terms: Record<string, number[]> = { environment: [], assistant: [], general: [] };
  for (const [t, role] of roles.entries()) {
    const p = softmax(logits.subarray(t * V, (t + 1) * V));
    const q = softmax(refLogits.subarray(t * V, (t + 1) * V));
    const ce = -Math.log(p[targets[t]!]!); // one target per role
    const kl = p.reduce((sum, pv, v) => sum + pv * Math.log(pv / q[v]!), 0); // as long as p
    terms[role]?.push(role === 'environment' ? ce : kl);
  }
  const mean = (xs: number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;
  return mean(terms.environment!) + alpha * (mean(terms.assistant!) + mean(terms.general!)); // keys above
}

const lossByPackage = (): ReturnType<typeof molLossFromLogits> =>
  molLossFromLogits(
    { logits, refLogits, targets, roles, sequenceLength: roles.length },
    { alpha, divergence: 'reverse' },
  );

process.stdout.write(
  `by hand ${lossByHand().toFixed(12)}\npackage ${lossByPackage().loss.toFixed(12)}\n`,
);

for (let step = 0; step < steps; step++) {
  const { gradient } = lossByPackage();
  for (let i = 0; i < logits.length; i++) logits[i]! -= gradient[i]!;
}
const { loss, metrics } = lossByPackage();
process.stdout.write(
  `after ${steps} steps: loss ${loss.toFixed(4)}  CE ${metrics['mol/ce']?.toFixed(4)}  KL ${metrics['mol/kl']?.toFixed(4)}\n`,
);
