import { escapeHtml } from '../../harness/escapeHtml.ts';
import { factsTable } from '../../harness/htmlPage.ts';
import type { RunRead } from '../readRun.ts';
import { flatSettings } from './settingsDiffer.ts';

/** What a reader needs to tell two runs apart, and to repeat one: model, time, kernels, settings, versions. */
export function factsHtml(name: string, { settings, file, seconds }: RunRead): string {
  const { model, versions, engine, system, files } = file;
  const entries = (object: object): [string, string][] =>
    Object.entries(object).map(([key, value]) => [key, String(value)]);
  const time = Object.entries(seconds).map(([stage, spent]): [string, string] => [
    stage,
    `${spent.toFixed(1)} s`,
  ]);
  return `<h2>${escapeHtml(name)}: how it was made</h2>
${factsTable([...entries(model), ...time, ['kernels', `${engine.library} (${engine.kind}), ${engine.threads} threads`], ['system', system]])}
<details><summary>Settings</summary>${factsTable([...flatSettings(settings)])}</details>
<details><summary>Versions and files</summary>${factsTable([...entries(versions), ...entries(files)])}</details>`;
}
