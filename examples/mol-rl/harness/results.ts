import { type Figure, tInterval, wilson } from '../../trainer/base/intervals.ts';
import type { Evaluation, Score } from '../domain/evaluate.ts';
import type { Checkpoint } from './checkpoint.ts';
import { ARMS, type Arm } from './options.ts';

/** One row of the table. */
export interface ArmResult {
  id: Arm;
  seeds: number[];
  domain: { t1: Figure; greedy: Figure };
  skills: { plain: Figure; defs: Figure; redef: Figure; misc: Figure };
  /** On unseen text, nats per token. */
  nll: Figure;
  /** KL(model || base) on unseen text, nats per token. */
  kl: Figure;
  /** Training and evaluation of this arm, mean over seeds. */
  seconds: number;
}

/** What `results.json` holds. */
export interface Results {
  arms: ArmResult[];
  /** Largest |log-prob of the sampler - log-prob of the trainer| over all GRPO updates, nats. */
  mismatch: { max: number };
}

/**
 * Figures of all finished arms. One seed: Wilson intervals over tasks for shares, t-intervals over text
 * windows for NLL and KL. Several seeds: t-intervals over the seeds' means.
 */
export function summarize(checkpoint: Checkpoint): Results {
  const { settings, evaluations, seconds, mismatch } = checkpoint;
  const all = Array.from({ length: settings.seeds }, (_, i) => settings.seed + i);
  const arms: ArmResult[] = [];
  for (const id of ARMS) {
    const seeds = all.filter((seed) => evaluations[`${seed}/${id}`] !== undefined);
    if (seeds.length === 0) continue;
    const found = seeds.map((seed) => evaluations[`${seed}/${id}`]!); // filtered above
    const share = (pick: (evaluation: Evaluation) => Score): Figure => shareOf(found.map(pick));
    const mean = (pick: (evaluation: Evaluation) => number[]): Figure => meanOf(found.map(pick));
    arms.push({
      id,
      seeds,
      domain: { t1: share((e) => e.domain.t1), greedy: share((e) => e.domain.greedy) },
      skills: {
        plain: share((e) => e.skills.plain),
        defs: share((e) => e.skills.defs),
        redef: share((e) => e.skills.redef),
        misc: share((e) => e.skills.misc),
      },
      nll: mean((e) => e.nll),
      kl: mean((e) => e.kl),
      seconds: tInterval(seeds.map((seed) => secondsOf(seconds, seed, id))).mean,
    });
  }
  return { arms, mismatch: { max: mismatch } };
}

function shareOf(scores: Score[]): Figure {
  const [first] = scores;
  if (scores.length === 1 && first) return wilson(first.right, first.n);
  const tasks = scores.reduce((sum, { n }) => sum + n, 0);
  const { mean, ci95, n } = tInterval(
    scores.map((score) => score.right / score.n),
    tasks,
  );
  // A share lies in [0, 1], whatever a t-interval of three seeds says.
  return { mean, ci95: [Math.max(0, ci95[0]), Math.min(1, ci95[1])], n };
}

function meanOf(perSeed: number[][]): Figure {
  const [first] = perSeed;
  if (perSeed.length === 1 && first) return tInterval(first);
  const windows = perSeed.reduce((sum, values) => sum + values.length, 0);
  return tInterval(
    perSeed.map((values) => tInterval(values).mean),
    windows,
  );
}

/** Stage 1 of the arm's method, its GRPO, its evaluation. */
function secondsOf(seconds: Checkpoint['seconds'], seed: number, arm: Arm): number {
  const method = arm.replace('+grpo', '');
  const stages = [`${seed}/teach ${method}`, `${seed}/grpo ${arm}`, `${seed}/evaluate ${arm}`];
  return stages.reduce((sum, stage) => sum + (seconds[stage] ?? 0), 0);
}

const COLUMNS: [string, (arm: ArmResult) => Figure, number][] = [
  ['domain T1', (arm) => arm.domain.t1, 3],
  ['domain greedy', (arm) => arm.domain.greedy, 3],
  ['plain', (arm) => arm.skills.plain, 3],
  ['defs', (arm) => arm.skills.defs, 3],
  ['redef', (arm) => arm.skills.redef, 3],
  ['misc', (arm) => arm.skills.misc, 3],
  ['text NLL', (arm) => arm.nll, 3],
  ['text KL', (arm) => arm.kl, 3],
];

/** Header and rows of the table as text cells: `0.909 [0.867, 0.938]`. */
export function tableCells(arms: readonly ArmResult[]): { header: string[]; rows: string[][] } {
  const cell = ({ mean, ci95 }: Figure, digits: number): string =>
    `${mean.toFixed(digits)} [${ci95.map((end) => end.toFixed(digits)).join(', ')}]`;
  return {
    header: ['arm', ...COLUMNS.map(([name]) => name), 's'],
    rows: arms.map((arm) => [
      arm.id,
      ...COLUMNS.map(([, figure, digits]) => cell(figure(arm), digits)),
      arm.seconds.toFixed(0),
    ]),
  };
}

/** The blocks of the console's table, by column: what was learned and what it cost, then the skills that were kept. */
const BLOCKS = [
  [0, 1, 2, 7, 8, 9],
  [0, 3, 4, 5, 6],
];

/** The table for the console: two blocks of aligned columns, so that it fits 110 characters. */
export function consoleTable(arms: readonly ArmResult[]): string {
  const { header, rows } = tableCells(arms);
  const lines = [header, ...rows];
  const widths = header.map((_, i) => Math.max(...lines.map((cells) => cells[i]!.length))); // as wide as the header
  return BLOCKS.map((columns) =>
    lines
      .map((cells) =>
        columns
          .map((i) => cells[i]!.padEnd(widths[i]!)) // columns of the header
          .join('  ')
          .trimEnd(),
      )
      .join('\n'),
  ).join('\n\n');
}
