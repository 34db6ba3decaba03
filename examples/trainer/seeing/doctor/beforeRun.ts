import { createRandom, mixSeeds, type Segment, type Utterance } from '@molrl/ef-env';
import type { TrainerSettings } from '../../config/schema.ts';
import type { Game } from '../../games/game.ts';
import type { Learner, Sequence } from '../../method/learner.ts';
import type { BeforeRun } from './check.ts';
import { memoryNeeded } from './memoryNeeded.ts';

/** Prompts that are looked at. */
const PROMPTS = 256;
/** Episodes that are open at the same time. */
const AT_ONCE = 16;
/** Tasks whose overlap is looked for. */
const TASKS = 20_000;

export interface BeforeRunParts {
  settings: TrainerSettings;
  learner: Pick<Learner, 'tokenizer' | 'render'> & { model: Pick<Learner['model'], 'config'> };
  game: Game;
  sftRows: readonly Sequence[];
}

/** Everything that the checks before a run read. Nothing is sampled or computed by the model. */
export async function beforeRun(parts: BeforeRunParts): Promise<BeforeRun> {
  const { settings, learner, game, sftRows } = parts;
  const { config } = learner.model;
  const train = trainTasks(settings, game);
  const heldOut = game.heldOut(settings.eval.tasks);
  const looked = [...train.slice(0, PROMPTS), ...heldOut.slice(0, PROMPTS)];
  const opened = await openingsOf(game, looked);
  const prompts = opened.map((segments) => ({
    text: segments.at(-1)?.text ?? '',
    tokens: learner.render(segments).ids.length,
  }));
  const memory = memoryNeeded(config, settings, {
    prompt: Math.max(1, ...prompts.map(({ tokens }) => tokens)),
    sftRow: sftRows.reduce((most, { ids }) => Math.max(most, ids.length), 1),
  });
  return {
    ...{ settings, prompts, memory },
    model: {
      trained: memory.trained,
      parameters: memory.parameters,
      contextLength: config.maxPositionEmbeddings,
    },
    trainTasks: train.map((task) => JSON.stringify(task)),
    heldOutTasks: heldOut.map((task) => JSON.stringify(task)),
    missingTokens: missingTokens(learner),
  };
}

/** The tasks that the run will draw; in games of rows each comes once an epoch. */
function trainTasks({ seed, ...settings }: TrainerSettings, game: Game): object[] {
  const random = createRandom(mixSeeds(seed, 'doctor'));
  const count = Math.min(TASKS, tasksDrawn(settings));
  return Array.from({ length: count }, (_, position) => game.nextTask(random, position));
}

/** By the stage that draws most. */
function tasksDrawn({ stages, collect, live, grpo }: Omit<TrainerSettings, 'seed'>): number {
  const drawn = {
    collect: collect.episodes,
    live: live.updates * live.prompts,
    grpo: grpo.updates * grpo.prompts,
  };
  return Math.max(0, ...stages.map((stage) => (stage in drawn ? drawn[stage as 'grpo'] : 0))); // a key of it
}

/** Openings of tasks, a few episodes at a time: each may be a session of a server. */
async function openingsOf(game: Game, tasks: readonly object[]): Promise<Segment[][]> {
  const atOnce = Math.min(AT_ONCE, game.environment.concurrency ?? AT_ONCE);
  const openings: Segment[][] = [];
  for (let i = 0; i < tasks.length; i += atOnce) {
    const next = tasks.slice(i, i + atOnce).map((task) => openingOf(game, task));
    openings.push(...(await Promise.all(next)));
  }
  return openings;
}

/** What the model is shown first. */
async function openingOf({ environment }: Game, task: object): Promise<Segment[]> {
  const episode = environment.start();
  try {
    const opening = await episode.reset(task, { seed: 0 });
    const said: readonly Utterance[] =
      typeof opening === 'string' ? [{ speaker: 'user', text: opening }] : opening;
    const { system } = environment;
    const own = system === undefined || said.some(({ speaker }) => speaker === 'system');
    const all: readonly Utterance[] = own ? said : [{ speaker: 'system', text: system }, ...said];
    return all.map(({ speaker, text }) => ({ speaker, kind: 'prompt', turn: 0, text }));
  } finally {
    await episode.close?.();
  }
}

const PROBE: Segment = { speaker: 'user', kind: 'prompt', turn: 0, text: 'x' };

/** Marks of the chat format that are several tokens. */
function missingTokens({ tokenizer, render }: BeforeRunParts['learner']): string[] {
  const written = tokenizer.decode(render([PROBE]).ids);
  const marks = new Set(written.match(/<\|\w+\|>/g));
  return [...marks].filter((mark) => tokenizer.encode(mark).length !== 1);
}
