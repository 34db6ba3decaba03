import type { Segment, Trajectory } from '@molrl/ef-env';
import type { RenderedSegments } from '@molrl/qwen3';

/** An attempt as ids, what it was worth, and what was said of it. */
export interface IdAttempt {
  ids: ArrayLike<number>;
  reward: number;
  feedback: ArrayLike<number>;
}

/** An episode whose texts are ids: no tokenizer, and nothing stands between the turns. */
export const idEpisode = (
  prompt: ArrayLike<number>,
  attempts: readonly IdAttempt[],
): Trajectory => ({
  ...{ version: 1, id: '', task: { env: '', data: null, seed: 0 }, stop: 'done', reward: 0 },
  segments: [
    said('user', 'prompt', 0, prompt),
    ...attempts.flatMap(({ ids, reward, feedback }, turn) => [
      { ...said('assistant', 'policy', turn, ids), reward, tokens: { ids: Array.from(ids) } },
      said('user', 'environment', turn, feedback),
    ]),
  ],
});

const said = (
  speaker: Segment['speaker'],
  kind: Segment['kind'],
  ...[turn, ids]: [number, ArrayLike<number>]
): Segment => ({ speaker, kind, turn, text: Array.from(ids).join(' ') });

/** Segments whose text is their ids: nothing stands between them. */
export function renderIds(segments: readonly Segment[]): RenderedSegments {
  const tokens = segments.flatMap(({ text, kind, turn }, place) =>
    text.split(' ').map((id) => ({ id: Number(id), kind, turn, place })),
  );
  return {
    ids: Int32Array.from(tokens, ({ id }) => id),
    roles: tokens.map(({ kind }) => (kind === 'environment' ? 'environment' : 'ignore')),
    segments: Int32Array.from(tokens, ({ place }) => place),
    sampled: Uint8Array.from(tokens, ({ kind }) => Number(kind === 'policy')),
    turns: Int32Array.from(tokens, ({ turn }) => turn),
  } as RenderedSegments; // all that the methods read
}
