import {
  createRandom,
  defineEnvironment,
  type Environment,
  type Random,
  type Trajectory,
} from '@molrl/ef-env';

/** What can be said. The last one is of no use. */
export const COMMANDS = ['open', 'put in', 'close', 'take out'] as const;

const STEPS = 5;

interface Kitchen {
  open: boolean;
  inside: boolean;
  steps: number;
}

const seen = ({ open, inside }: Kitchen): string =>
  `${open ? 'open' : 'closed'}, pancake ${inside ? 'in' : 'out'}`;

function act(kitchen: Kitchen, action: string): void {
  if (action === 'open') kitchen.open = true;
  if (action === 'close') kitchen.open = false;
  if (kitchen.open && action === 'put in') kitchen.inside = true;
  if (kitchen.open && action === 'take out') kitchen.inside = false;
}

/**
 * The case study of POAD in short words: open the microwave, put the pancake in, close it, with five commands at most. What cannot
 * be done changes nothing. 1 when it is done. (There -1 after the fifth: with a Q that begins at 0 all that was never said
 * would then look better than what failed.)
 */
export const microwave: Environment<object> = defineEnvironment<object, Kitchen>({
  name: 'microwave',
  maxTurns: STEPS,
  reset: () => {
    const state = { open: false, inside: false, steps: 0 };
    return { observation: seen(state), state };
  },
  step: (state, action) => {
    act(state, action.trim());
    state.steps += 1;
    const isDone = state.inside && !state.open;
    if (isDone) return { reward: 1, done: true };
    return { observation: seen(state), reward: 0, done: state.steps === STEPS };
  },
});

/** Commands drawn evenly, whatever is seen: what the reference learns to say. */
export function wandering(seed: number): Trajectory['segments'] {
  const random: Random = createRandom(seed);
  const state: Kitchen = { open: false, inside: false, steps: 0 };
  const segments: Trajectory['segments'] = [];
  for (let turn = 0; turn < STEPS; turn++) {
    const action = random.choice(COMMANDS);
    const speaker = turn === 0 ? 'prompt' : 'environment';
    segments.push({
      speaker: 'user',
      kind: speaker,
      turn: Math.max(0, turn - 1),
      text: seen(state),
    });
    segments.push({ speaker: 'assistant', kind: 'policy', turn, text: action });
    act(state, action);
    if (state.inside && !state.open) break;
  }
  return segments;
}
