import { type Figure, tInterval } from '../trainer/base/intervals.ts';
import type { EvaluationRow } from '../trainer/harness/runState.ts';
import type { RunRead } from '../trainer/seeing/readRun.ts';
import type { Course } from './courses.ts';
import { ARMS, type Arm, type Settings } from './options.ts';

/** A course and what its run wrote. */
export type PlayedCourse = Pick<Course, 'seed' | 'name' | 'arms'> & { run: RunRead };

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

/** An arm of one seed. */
export interface Measured {
  arm: Arm;
  seed: number;
  evaluation: EvaluationRow;
  /** Training and evaluation. */
  seconds: number;
}

/** The arms that a run measured: one for each evaluation, in their order. */
export function measuredIn({ seed, arms, run }: PlayedCourse): Measured[] {
  const stages = run.settings.stages.map((name, place) => ({
    ...{ name, place },
    seconds: run.seconds[`${place + 1}-${name}`] ?? 0,
  }));
  return run.evaluations.map((evaluation, i) => {
    const before = stages.filter(
      ({ name, place }) => place < evaluation.stage && name !== 'eval' && name !== 'collect',
    );
    const own = [...before, stages[evaluation.stage]!]; // it was made there
    const seconds = own.reduce((sum, stage) => sum + stage.seconds, 0);
    return { arm: arms[i]!, seed, evaluation, seconds }; // one arm each
  });
}

/**
 * Figures of all arms. One seed: Wilson intervals over tasks for shares, t-intervals over text windows for NLL and KL.
 * Several seeds: t-intervals over the seeds' means.
 */
export function summarize({ arm: asked }: Settings, played: readonly PlayedCourse[]): Results {
  const measured = played.flatMap(measuredIn);
  const arms = ARMS.filter((id) => asked.includes(id)).map((id): ArmResult => {
    const found = measured.filter(({ arm }) => arm === id);
    const mean = (pick: (evaluation: EvaluationRow) => Figure): Figure =>
      overSeeds(found.map(({ evaluation }) => pick(evaluation)));
    const share = (pick: (evaluation: EvaluationRow) => Figure): Figure => inside(mean(pick));
    const skill = (name: keyof ArmResult['skills']): Figure =>
      share(({ skills }) => skills![name]!); // those of codewords
    return {
      ...{ id, seeds: found.map(({ seed }) => seed) },
      domain: { t1: share(({ sampled }) => sampled), greedy: share(({ greedy }) => greedy) },
      skills: {
        plain: skill('plain'),
        defs: skill('defs'),
        redef: skill('redef'),
        misc: skill('misc'),
      },
      nll: mean(({ textNll }) => textNll),
      kl: mean(({ textKl }) => textKl),
      seconds: tInterval(found.map(({ seconds }) => seconds)).mean,
    };
  });
  const differences = played.flatMap(({ run }) =>
    run.metrics.map((row) => Number(row['sampling/sampling_logp_difference/max'] ?? 0)),
  );
  return { arms, mismatch: { max: Math.max(0, ...differences) } };
}

/** One seed's figure, or the interval over the seeds' means. */
function overSeeds(figures: readonly Figure[]): Figure {
  const [first] = figures;
  if (figures.length === 1 && first) return first;
  const n = figures.reduce((sum, figure) => sum + figure.n, 0);
  return tInterval(
    figures.map((figure) => figure.mean),
    n,
  );
}

/** A share lies in [0, 1], whatever a t-interval of three seeds says. */
const inside = ({ mean, ci95, n }: Figure): Figure => ({
  ...{ mean, n },
  ci95: [Math.max(0, ci95[0]), Math.min(1, ci95[1])],
});

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
