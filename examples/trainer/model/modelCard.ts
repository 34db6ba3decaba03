import { basename } from 'node:path';
import type { TrainerSettings } from '../config/schema.ts';
import type { ExportKind } from '../config/sections/exporting.ts';
import type { Game } from '../games/game.ts';
import { packageVersions } from '../harness/runFile.ts';
import type { EvaluationRow } from '../harness/runState.ts';
import type { Learner } from '../method/learner.ts';

/** What a card tells of. */
export interface CardFacts {
  settings: TrainerSettings;
  learner: Pick<Learner, 'model' | 'source' | 'chat'>;
  game: Pick<Game, 'files' | 'accuracy'>;
  evaluations: readonly EvaluationRow[];
  seconds: Readonly<Record<string, number>>;
  /** Folder of the run. */
  out: string;
}

/** A model card (README.md with Hugging Face's header): what was made of what, how, with which result. */
export function modelCard(kind: ExportKind, facts: CardFacts): string {
  const { settings, learner, out } = facts;
  const name = basename(learner.source);
  return `${[
    header(kind, facts),
    `# ${name}, trained with ${settings.stages.filter((stage) => stage !== 'eval').join(', ') || 'nothing'}`,
    WHAT[kind](learner.source),
    `## How it was made\n\n${table(recipe(facts))}`,
    stagesOf(settings),
    results(facts),
    filesOf(facts),
    `\`${out}/run.json\` holds every setting; \`npm run train -- --config ${out}/run.json\` repeats the run bit for bit on the same kernels.`,
    `## Use\n\n${USE[kind](facts)}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}

function header(kind: ExportKind, { settings, learner }: CardFacts): string {
  const method = settings.stages.filter((stage) => stage !== 'eval' && stage !== 'collect');
  const tags = [...new Set([...method, ...(settings.lora ? ['lora'] : []), 'molrl'])];
  const library = { adapter: 'peft', merged: 'transformers', gguf: 'llama.cpp' }[kind];
  return [
    '---',
    `base_model: ${JSON.stringify(learner.source)}`,
    `library_name: ${library}`,
    'pipeline_tag: text-generation',
    `tags: [${tags.join(', ')}]`,
    '---',
  ].join('\n');
}

const WHAT: Record<ExportKind, (base: string) => string> = {
  adapter: (base) => `A LoRA adapter in PEFT's form on \`${base}\`.`,
  merged: (base) => `\`${base}\` with what was trained worked into its weights, float32.`,
  gguf: (base) => `\`${base}\` with what was trained worked into its weights, GGUF of F16.`,
};

const USE: Record<ExportKind, (facts: CardFacts) => string> = {
  adapter: ({ learner, out }) =>
    `\`\`\`python\nfrom peft import PeftModel\nmodel = PeftModel.from_pretrained(base, "adapter")  # base: ${learner.source}\n\`\`\`\n\nHere: \`npm run chat -- ${out}\`.`,
  merged: ({ out }) =>
    `\`\`\`python\nfrom transformers import AutoModelForCausalLM\nmodel = AutoModelForCausalLM.from_pretrained("model")\n\`\`\`\n\nHere: \`npm run chat -- ${out}/model\`.`,
  gguf: ({ out }) =>
    `\`llama-cli -m model.gguf -p "..."\`. Here: \`npm run chat -- ${out}/gguf/model.gguf\`.`,
};

function recipe({ settings, learner }: CardFacts): [string, string][] {
  const { lora, system } = settings;
  const rows: [string, string | undefined][] = [
    ['base', learner.source],
    ['weights', lora ? `LoRA, rank ${lora.r}, alpha ${lora.alpha ?? 2 * lora.r}` : 'all'],
    ['environment', settings.environment],
    ['data', settings.data],
    ['reward', settings.reward],
    ['chat format', learner.chat.format],
    ['system message', system ?? learner.chat.system ?? undefined],
    ['seed', String(settings.seed)],
    ['versions', `@molrl ${packageVersions()['@molrl/qwen3']}, Node ${process.versions.node}`],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

/** The settings of each stage that ran. */
function stagesOf({ stages, ...settings }: TrainerSettings): string {
  const rows = [...new Set(stages)].map((stage): [string, string] => [
    stage,
    Object.entries(settings[stage])
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
  ]);
  return `## Stages\n\n${stages.join(' → ')}\n\n${table(rows)}`;
}

function results({ evaluations, settings, seconds, game }: CardFacts): string {
  const percent = ({ mean, ci95: [low, high] }: EvaluationRow['sampled']): string =>
    `${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  const rows = evaluations.map((row): [string, string] => [
    `${settings.stages[row.stage]} (stage ${row.stage + 1})${row.step > 0 ? `, after ${row.step} updates` : ''}`,
    `${percent(row.sampled)} sampled, ${percent(row.greedy)} greedy, n = ${row.sampled.n}`,
  ]);
  const time = Object.entries(seconds).map(([stage, s]) => `${stage} ${s.toFixed(0)} s`);
  const measured =
    rows.length === 0
      ? 'Not measured.'
      : `Share of held-out tasks that are right (${game.accuracy}), with 95 % Wilson intervals:\n\n${table(rows)}`;
  return `## Results\n\n${measured}\n\nTime: ${time.join(', ')}.`;
}

function filesOf({ game }: CardFacts): string {
  const rows = Object.entries(game.files);
  return rows.length === 0
    ? ''
    : `## Files that were read (SHA-256)\n\n${table(rows.map(([file, hash]): [string, string] => [file, `\`${hash}\``]))}`;
}

const table = (rows: readonly (readonly [string, string])[]): string =>
  ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${cell(value)} |`)].join(
    '\n',
  );

/** A cell is one line. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
