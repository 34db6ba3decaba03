import type { CompletionRow } from '../../harness/completionRows.ts';
import { escapeHtml } from '../../harness/escapeHtml.ts';
import {
  columnsOf,
  largestShare,
  type SeenToken,
  strength,
  tokenTable,
} from '../microscope/tokenTable.ts';

/** Updates that are shown: the first, the last, and some between. */
const UPDATES = 4;

/** The kept completions of a few updates: reward, advantage, and every token under the microscope. */
export function completionsHtml(rows: readonly CompletionRow[]): string {
  const updates = [...new Set(rows.map(updateOf))];
  const shown = Array.from({ length: Math.min(UPDATES, updates.length) }, (_, i) =>
    Math.round((i * (updates.length - 1)) / Math.max(1, Math.min(UPDATES, updates.length) - 1)),
  ).map((place) => updates[place]);
  return shown
    .map((update) => {
      const own = rows.filter((row) => updateOf(row) === update);
      return `<h3>${update}</h3>\n${own.map(completionHtml).join('\n')}`;
    })
    .join('\n');
}

const updateOf = ({ stage, step }: CompletionRow): string => `${stage}, update ${step}`;

function completionHtml(row: CompletionRow): string {
  const { reward, advantage, completion } = row;
  const head = `reward ${reward ?? 'none'}, advantage ${advantage.toFixed(2)}`;
  const tokens = tokenTable(row);
  const most = largestShare(tokens);
  const columns = columnsOf(tokens).filter(([name]) => name !== 'advantage'); // one for all, said above
  const header = `<tr>${columns.map(([name]) => `<th>${name}</th>`).join('')}</tr>`;
  const body = tokens.map(
    (token) =>
      `<tr>${columns.map(([, cell]) => `<td>${escapeHtml(cell(token))}</td>`).join('')}</tr>`,
  );
  return `<details><summary>${head}: <code>${escapeHtml(completion.slice(0, 80))}</code></summary>
<p class="tokens">${tokens.map((token) => tokenHtml(token, most)).join('')}</p>
<details><summary><small>${tokens.length} tokens</small></summary><table class="narrow">${header}${body.join('')}</table></details></details>`;
}

/** Green: the update makes it more probable; red: less; grey: not trained. */
function tokenHtml(token: SeenToken, most: number): string {
  const text = escapeHtml(token.text);
  if (!token.isSampled) return `<span class="no">${text}</span>`;
  const share = strength(token, most);
  if (share === 0) return `<span>${text}</span>`;
  const [red, green, blue] = (token.gradientShare ?? 0) < 0 ? [42, 157, 92] : [200, 68, 60];
  return `<span style="background:rgba(${red},${green},${blue},${(0.15 + 0.6 * share).toFixed(2)})">${text}</span>`;
}
