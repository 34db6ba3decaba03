import { escapeHtml } from '../trainer/harness/escapeHtml.ts';
import { tickLabel } from '../trainer/harness/lineChart.ts';
import type { ArmSummary } from './summary.ts';

const WIDTH = 720;
const HEIGHT = 420;
const MARGIN = { left: 52, right: 16, top: 14, bottom: 46 };
/** Text NLL is forgotten from here on; below, arms are drawn at this much. Nats per token. */
const LEAST = 1e-3;

/** Accuracy against forgetting: upper left is best. Arms that no other beats in both are joined. An SVG picture. */
export function frontPicture(arms: readonly ArmSummary[]): string {
  const points = arms.map(({ id, accuracy, textNllAboveBase }) => ({
    id,
    forgot: Math.max(LEAST, textNllAboveBase.mean),
    right: accuracy.mean,
    ends: accuracy.ci95,
  }));
  const most = Math.max(0.1, ...points.map(({ forgot }) => forgot));
  const span = Math.log10(most / LEAST);
  const x = (forgot: number): number =>
    MARGIN.left + (Math.log10(forgot / LEAST) / span) * (WIDTH - MARGIN.left - MARGIN.right - 90);
  const y = (right: number): number =>
    HEIGHT - MARGIN.bottom - right * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const at = (value: number): string => value.toFixed(1);

  const rows = [0, 0.25, 0.5, 0.75, 1].map(
    (tick) =>
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at(y(tick))}" y2="${at(y(tick))}" stroke="#dde2e8"/>` +
      `<text x="${MARGIN.left - 8}" y="${at(y(tick) + 4)}" text-anchor="end">${tick}</text>`,
  );
  const decades = Array.from({ length: Math.floor(span) + 1 }, (_, i) => LEAST * 10 ** i).map(
    (tick) =>
      `<text x="${at(x(tick))}" y="${HEIGHT - MARGIN.bottom + 18}" text-anchor="middle">${tick === LEAST ? '≤ ' : ''}${tickLabel(tick)}</text>`,
  );
  const best = points
    .filter((own) => !points.some((other) => other.right > own.right && other.forgot <= own.forgot))
    .sort((a, b) => a.forgot - b.forgot);
  const front = best.map(({ forgot, right }) => `${at(x(forgot))},${at(y(right))}`).join(' ');
  const marks = points.map(
    ({ id, forgot, right, ends: [low, high] }) =>
      `<line x1="${at(x(forgot))}" x2="${at(x(forgot))}" y1="${at(y(Math.max(0, low)))}" y2="${at(y(Math.min(1, high)))}" stroke="#0072b2" opacity="0.4"/>` +
      `<circle cx="${at(x(forgot))}" cy="${at(y(right))}" r="4" fill="#0072b2"/>` +
      `<text x="${at(x(forgot) + 7)}" y="${at(y(right) - 5)}">${escapeHtml(id)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="11" role="img" aria-label="Accuracy against forgetting">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${rows.join('\n')}
${decades.join('\n')}
<polyline points="${front}" fill="none" stroke="#d55e00" stroke-width="1.5" stroke-dasharray="4 3"/>
${marks.join('\n')}
<text x="${MARGIN.left}" y="${HEIGHT - 8}">text NLL above the base, nats per token (log scale); upwards: accuracy at T = 1 with its 95 % interval</text>
</svg>
`;
}
