import { z } from 'zod';
import { count, named, oneOf, path, positive } from '../settingTypes.ts';

/** What single environments want to know. */
export const play = {
  families: named(z.array(z.string()).optional(), "Families of 'gym', mixed. Default: all 30."),
  level: named(count(0, 20), "Level of the 'gym' tasks."),
  lastLevel: named(
    count(0, 20).optional(),
    "Level of the 'gym' tasks at the end of a stage: a curriculum, its levels of equal length. Default: `level`.",
  ),
  weights: named(
    z.array(positive(1e6)).optional(),
    'How often each environment of a mix (`gym+maths`) is played. Default: all alike.',
    { primeRl: 'env.ratios' },
  ),
  language: named(oneOf(['javascript', 'python']), "What programs of 'code' are written in."),
  tools: named(
    path('a TypeScript or JavaScript file').optional(),
    "File whose default export is the list of tools of 'tools'.",
    { trl: 'tools', verl: 'multi_turn.tool_config_path' },
  ),
  documents: named(
    path('a JSONL, JSON or Parquet file').optional(),
    "Rows with `id` and `text` that 'retrieval' searches.",
  ),
  rule: named(
    path('a TypeScript or JavaScript file').optional(),
    "File whose default export says what is wrong with an answer, for 'dialogue': (answer, row) => true or a text.",
  ),
  attempts: named(count(1, 64), "Answers that 'dialogue' lets the model give."),
  actionField: named(
    z.string().min(1),
    'Field of an OpenEnv action that the text of an answer goes into.',
  ),
  sessions: named(
    count(1, 10_000).optional(),
    'Episodes at once on a server (openenv:URL, openreward:URL); more wait. Default: 1 of OpenEnv, as its servers allow unless started with a higher `max_concurrent_envs`; 16 of ORS.',
  ),
  callRewards: named(
    oneOf(['last', 'sum']),
    "Reward of an ORS episode (openreward:URL): 'last', of the last call that was scored, or 'sum', of all calls.",
  ),
  secrets: named(
    z.array(z.string().min(1)),
    'Names of environment variables whose values an ORS environment gets as secrets. The values are stored nowhere.',
  ),
};
