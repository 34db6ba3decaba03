import type { Completion } from '../../decodeJob.ts';
import type { DecodeRun } from './decodeProgram.ts';
import { DecodeWave, type Wave } from './decodeWave.ts';

/** Milliseconds of work after which timers and abort listeners get their turn. */
const BREATH = 10;

/**
 * Prefills each prompt once, gives its cache to its siblings and samples until every sequence has ended.
 */
export async function generateWave(
  run: Omit<DecodeRun, 'buffers'>,
  prompts: Wave,
): Promise<Completion[]> {
  const wave = new DecodeWave(run, prompts);
  const breathe = breather();
  try {
    for (const _ of wave.prefill()) {
      prompts.onStep(0, 0);
      await breathe();
    }
    wave.start();
    for (;;) {
      const { tokens, ended, live } = wave.closeUp();
      prompts.onStep(tokens, ended);
      if (live === 0) return wave.completions();
      await breathe();
      wave.step();
    }
  } finally {
    wave.dispose();
  }
}

/** Lets the event loop turn, but only when the last time is long ago. */
function breather(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < BREATH) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    last = performance.now();
  };
}
