import type { Figure } from '../../base/intervals.ts';
import { escapeHtml } from '../../harness/escapeHtml.ts';
import { htmlPage } from '../../harness/htmlPage.ts';
import type { EvaluationRow } from '../../harness/runState.ts';
import { afterRun, findingLine } from '../doctor/afterRun.ts';
import type { RunRead } from '../readRun.ts';
import { completionsHtml } from './completionsHtml.ts';
import { FORGOTTEN, LEARNED, pictures } from './curves.ts';
import { factsHtml } from './factsHtml.ts';
import { settingsDiffer } from './settingsDiffer.ts';

/** One run, or several beside each other, as one HTML file without scripts or outside files. */
export function renderReport(runs: readonly RunRead[]): string {
  const named = runs.map((run) => ({ name: nameOf(run), run }));
  const title = named.map(({ name }) => name).join(' and ');
  return htmlPage(
    title,
    `<h1>${escapeHtml(title)}</h1>
${runs.map((run) => `<p><code class="command">${escapeHtml(commandOf(run))}</code></p>`).join('\n')}
<h2>Result</h2>
${named.map(({ name, run }) => resultHtml(name, run)).join('\n')}
${runs.length > 1 ? `<h2>Settings that differ</h2>\n${differHtml(named)}` : ''}
<h2>What the doctor found</h2>
${named.map(({ name, run }) => findingsHtml(runs.length > 1 ? `<h3>${escapeHtml(name)}</h3>` : '', run)).join('\n')}
<h2>Learned</h2>
${pictures(LEARNED, named)}
<h2>Forgotten</h2>
<p>Measured on general text that is not trained on, at every evaluation. ${forgettingNote(runs)}</p>
${pictures(FORGOTTEN, named)}
${named.map(({ name, run }) => samplesHtml(name, run)).join('\n')}
${named.map(({ name, run }) => tokensHtml(name, run)).join('\n')}
${named.map(({ name, run }) => factsHtml(name, run)).join('\n')}`,
  );
}

/** The folder's name, and what stage 1 did where that tells runs apart. */
function nameOf({ folder, settings }: RunRead): string {
  const name =
    folder
      .replace(/[\\/]+$/, '')
      .split(/[\\/]/)
      .at(-1) ?? folder;
  return settings.stages.includes('mol') && settings.mol.method !== 'mol'
    ? `${name} (${settings.mol.method.toUpperCase()})`
    : name;
}

const commandOf = ({ folder }: RunRead): string =>
  `npm run train -- --config ${folder}/run.json   # repeats the run`;

/** The same figure of another run tells what plain imitation would have forgotten. */
const forgettingNote = (runs: readonly RunRead[]): string =>
  runs.some(({ settings }) => settings.stages.includes('mol') && settings.mol.method === 'ce')
    ? 'The line marked CE is what cross-entropy alone forgets at the same step.'
    : 'What cross-entropy alone would forget is a run with <code>--mol.method ce</code> beside this one: <code>npm run report -- A B</code>.';

function resultHtml(name: string, { settings, evaluations, file }: RunRead): string {
  const cell = ({ mean, ci95 }: Figure): string =>
    `<td>${mean.toFixed(3)}<br><small>[${ci95.map((end) => end.toFixed(3)).join(', ')}]</small></td>`;
  if (evaluations.length === 0)
    return `<p>${escapeHtml(name)}: not evaluated. Put <code>eval</code> into --stages.</p>`;
  // two narrow tables: both fit a telephone
  const table = (head: string, cells: (row: EvaluationRow) => string): string => {
    const rows = evaluations.map((row) => `<tr><td>${when(settings, row)}</td>${cells(row)}</tr>`);
    return `<table><tr><th>${escapeHtml(name)}</th>${head}</tr>${rows.join('')}</table>`;
  };
  return `${table(
    '<th>accuracy</th><th>greedy</th><th>reward</th>',
    (row) => `${cell(row.sampled)}${cell(row.greedy)}<td>${row.reward.toFixed(3)}</td>`,
  )}
${table('<th>text NLL</th><th>KL to base</th>', (row) => `${cell(row.textNll)}${cell(row.textKl)}`)}
<p><small>${evaluations[0]?.sampled.n} held-out tasks. Right means: ${escapeHtml(file.accuracy)}. 95 % intervals: Wilson over tasks, t over text windows.</small></p>`;
}

const when = (
  { stages }: RunRead['settings'],
  { stage, step }: Pick<EvaluationRow, 'stage' | 'step'>,
): string => {
  if (stage === 0 && step === 0 && stages[0] !== 'eval') return 'at the start';
  return step === 0 ? `end of ${stages[stage - 1] ?? 'nothing'}` : `${stages[stage]} ${step}`;
};

function differHtml(named: readonly { name: string; run: RunRead }[]): string {
  const rows = settingsDiffer(named.map(({ run }) => run.settings)).map(
    ([path, values]) =>
      `<tr><th>${path}</th>${values.map((value) => `<td>${escapeHtml(value)}</td>`).join('')}</tr>`,
  );
  if (rows.length === 0) return '<p>None.</p>';
  const head = named.map(({ name }) => `<th>${escapeHtml(name)}</th>`).join('');
  return `<table class="facts"><tr><th></th>${head}</tr>${rows.join('')}</table>`;
}

function findingsHtml(heading: string, { settings, metrics }: RunRead): string {
  const found = afterRun(settings, metrics);
  if (found.length === 0) return `${heading}<p>Nothing.</p>`;
  const items = found.map((finding) => `<li>${escapeHtml(findingLine(finding))}</li>`);
  return `${heading}<ul class="findings">${items.join('')}</ul>`;
}

/** The same held-out tasks at the first and the last evaluation. */
function samplesHtml(name: string, { evaluations, settings }: RunRead): string {
  const [before, after] = [evaluations[0], evaluations.at(-1)];
  if (!before || !after) return '';
  const answer = ({ completion, right }: EvaluationRow['samples'][number], row: EvaluationRow) =>
    `<small>${when(settings, row)}</small><pre class="${right ? 'right' : 'wrong'}">${escapeHtml(completion)}</pre>`;
  const tasks = after.samples.map((sample, i) => {
    const earlier = before === after ? undefined : before.samples[i];
    const solution =
      sample.solution === undefined
        ? ''
        : `<p><small>right is ${escapeHtml(sample.solution)}</small></p>`;
    return `<details${i < 2 ? ' open' : ''}><summary>${escapeHtml(sample.prompt.slice(0, 120))}</summary><pre class="prompt">${escapeHtml(sample.prompt)}</pre>${earlier ? answer(earlier, before) : ''}${answer(sample, after)}${solution}</details>`;
  });
  return `<h2>${escapeHtml(name)}: held-out samples before and after</h2>\n${tasks.join('\n')}`;
}

function tokensHtml(name: string, { completions, folder }: RunRead): string {
  if (completions.length === 0) return '';
  return `<h2>${escapeHtml(name)}: completions, token by token</h2>
<p>Green tokens were made more probable by the update, red ones less, the stronger the larger their gradient; grey ones are not trained.
<code class="command">npm run microscope -- ${escapeHtml(folder)} --sample 1</code></p>
${completionsHtml(completions)}`;
}
