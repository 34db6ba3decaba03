import { kebab } from '../trainer/config/kebab.ts';
import { escapeHtml } from '../trainer/harness/escapeHtml.ts';
import { factsTable, htmlPage } from '../trainer/harness/htmlPage.ts';
import { FORGOTTEN, LEARNED, pictures } from '../trainer/seeing/report/curves.ts';
import { factsHtml } from '../trainer/seeing/report/factsHtml.ts';
import type { Settings } from './options.ts';
import {
  type Measured,
  measuredIn,
  type PlayedCourse,
  type Results,
  tableCells,
} from './results.ts';

/** What a report shows. */
export interface ReportedJob {
  settings: Settings;
  results: Results;
  played: readonly PlayedCourse[];
  /** With feedback, before training. */
  episodes: readonly { segments: { speaker: string; kind: string; text: string }[] }[];
}

/** The job as one HTML file without scripts or outside files: table, curves, episodes before and after training, what was run. */
export function renderReport({ settings, results, played, episodes }: ReportedJob): string {
  const seeds = settings.seeds === 1 ? `seed ${settings.seed}` : `${settings.seeds} seeds`;
  const named = played
    .filter(({ seed }) => seed === settings.seed)
    .map(({ name, run }) => ({ name, run }));
  const options = Object.entries(settings).map(([name, value]): [string, string] => [
    `--${kebab(name)}`,
    Array.isArray(value) ? value.join(', ') : String(value),
  ]);
  return htmlPage(
    'MoL-RL run',
    `<h1>Learning from textual feedback</h1>
<p>The base model played ${settings.episodes} episodes with an environment that answers in words. Stage 1 learned from these
words (${settings.updates} updates), GRPO from rewards alone (${settings.grpoUpdates} updates). All figures are on held-out word chains (${settings.split} half),
single attempts, <strong>without feedback</strong>; ${seeds}, ${settings.evalTasks} tasks a cell, 95 % intervals
(${settings.seeds === 1 ? 'Wilson over tasks; t over text windows' : 't over seeds'}).</p>
<h2>Result</h2>
${table(results)}
<p><small>domain: chains of invented words, sampled at temperature 1 and greedy. plain, defs, redef, misc: what the base could do before, greedy.
Text: unseen chapters, nats per token; KL is to the base model.
Largest difference between the sampler's and the trainer's log-probs: ${results.mismatch.max.toExponential(1)} nats.</small></p>
<h2>Learned</h2>
<p><small>The runs of ${settings.seeds === 1 ? seeds : `seed ${settings.seed}`}: each arm with a stage 1 goes on to GRPO, and is measured before it and after it.</small></p>
${pictures(LEARNED, named)}
<h2>Forgotten</h2>
${pictures(FORGOTTEN, named)}
<h2>Episodes before training: with feedback</h2>
${episodes.map((episode, i) => episodeHtml(episode, i === 0)).join('\n')}
<h2>Episodes after training: single attempts without feedback</h2>
<p><small>The same held-out tasks for every arm, sampled at temperature 1; <em>base</em> is the model before training.</small></p>
${answersHtml(played.flatMap(measuredIn))}
<h2>Options</h2>
<details><summary>All, given or not</summary>${factsTable(options)}</details>
${played.map(({ seed, name, run }) => factsHtml(`${name} (seed ${seed})`, run)).join('\n')}`,
  );
}

function table(results: Results): string {
  const { header, rows } = tableCells(results.arms);
  // The interval goes below its value: nine columns fit a page.
  const row = (cells: string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell).replace(' [', '<br><small>[')}</${tag}>`).join('')}</tr>`;
  return `<table>${row(header, 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table>`;
}

function episodeHtml(
  { segments }: { segments: { kind: string; text: string }[] },
  open: boolean,
): string {
  const parts = segments.map(({ kind, text }) => `<pre class="${kind}">${escapeHtml(text)}</pre>`);
  const title = escapeHtml(segments[0]?.text ?? '');
  return `<details${open ? ' open' : ''}><summary>${title}</summary>${parts.join('')}</details>`;
}

/** Held-out answers that are shown of an arm. */
const ANSWERS = 4;

function answersHtml(measured: readonly Measured[]): string {
  return measured
    .map(({ arm, seed, evaluation }, i) => {
      const answers = evaluation.samples
        .slice(0, ANSWERS)
        .map(
          ({ prompt, solution = '', completion, right }) =>
            `<pre class="prompt">${escapeHtml(prompt)}</pre><pre class="${right ? 'right' : 'wrong'}">${escapeHtml(completion)}</pre>` +
            `<small>${right ? 'right' : `wrong: the answer is ${escapeHtml(solution)}`}</small>`,
        );
      const open = i === measured.length - 1 ? ' open' : '';
      return `<details${open}><summary>${escapeHtml(arm)} (seed ${seed})</summary>${answers.join('')}</details>`;
    })
    .join('\n');
}
