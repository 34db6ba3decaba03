import { plainTask, type Random, type Segment } from '@molrl/ef-env';
import type { Role } from '@molrl/mol-loss';
import { renderSegments, type Tokenizer } from '@molrl/qwen3';
import { END_OF_TURN, type Lab } from './lab.ts';

/** Tokens with the loss each one is the target of. */
export interface TrainingSequence {
  ids: ArrayLike<number>;
  roles: readonly Role[];
}

/** An EF episode: feedback learns by CE, the model's own turns are held by KL. */
export function episodeSequence(
  segments: readonly Segment[],
  tokenizer: Tokenizer,
): TrainingSequence {
  const { ids, roles } = renderSegments(segments, tokenizer, { format: 'recipe' });
  return { ids, roles };
}

/** Tokens of a text window. */
const WINDOW = 96;

/**
 * General data, drawn fresh: half windows of general text, half documents of the plain-operations family
 * that the base model knows.
 */
export function generalSequences(lab: Lab, random: Random, count: number): TrainingSequence[] {
  const { train } = lab.text;
  return Array.from({ length: count }, (_, i) => {
    let ids: number[];
    if (i % 2 === 0) {
      const start = random.integer(train.length - WINDOW);
      ids = train.slice(start, start + WINDOW);
    } else {
      const { question, solution } = plainTask(random);
      ids = lab.tokenizer.encode(turn('user', question) + turn('assistant', solution));
    }
    return { ids, roles: new Array<Role>(ids.length).fill('general') };
  });
}

const turn = (speaker: string, text: string): string =>
  `<|im_start|>${speaker}\n${text}${END_OF_TURN}\n`;

/** The tokens that a loss looks at, and where their logits come from. */
export interface Targets {
  /** Row of the hidden states (packed batch) that predicts each target, `[N]`. */
  rows: Int32Array;
  /** `[N]` */
  ids: Int32Array;
  roles: Role[];
  /** Sequence of each target, `[N]`. */
  sequenceIds: Int32Array;
}

/** Targets of the given roles in sequences packed one after the other: token t+1 is predicted at row t. */
export function targetsOf(
  sequences: readonly TrainingSequence[],
  wanted: readonly Role[],
): Targets {
  const rows: number[] = [];
  const ids: number[] = [];
  const roles: Role[] = [];
  const sequenceIds: number[] = [];
  let start = 0;
  for (const [index, sequence] of sequences.entries()) {
    for (let t = 1; t < sequence.ids.length; t++) {
      const role = sequence.roles[t]!;
      if (!wanted.includes(role)) continue;
      rows.push(start + t - 1);
      ids.push(sequence.ids[t]!);
      roles.push(role);
      sequenceIds.push(index);
    }
    start += sequence.ids.length;
  }
  return {
    rows: Int32Array.from(rows),
    ids: Int32Array.from(ids),
    roles,
    sequenceIds: Int32Array.from(sequenceIds),
  };
}
