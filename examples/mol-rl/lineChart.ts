export interface Series {
  name: string;
  /** `[x, y]`, ascending in x. */
  points: [number, number][];
}

const WIDTH = 480;
const HEIGHT = 280;
const MARGIN = { left: 52, right: 12, top: 28, bottom: 34 };

/** Okabe and Ito's colours, which colour-blind readers can tell apart: https://jfly.uni-koeln.de/color/ */
const COLORS = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#000000',
  '#999999',
];

/** Curves as an SVG picture, y from 0 (or the least value) to the greatest. Empty without points. */
export function lineChart(title: string, series: readonly Series[], labels: { x: string }): string {
  const points = series.flatMap((one) => one.points).filter(([, y]) => Number.isFinite(y));
  if (points.length === 0) return '';
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [xMin, xMax] = [Math.min(...xs), Math.max(...xs)];
  const [yMin, yMax] = [Math.min(0, ...ys), Math.max(...ys)];
  const x = (value: number): number =>
    MARGIN.left + ((value - xMin) / (xMax - xMin || 1)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value: number): number =>
    HEIGHT -
    MARGIN.bottom -
    ((value - yMin) / (yMax - yMin || 1)) * (HEIGHT - MARGIN.top - MARGIN.bottom);

  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => yMin + share * (yMax - yMin));
  const grid = ticks.map(
    (tick) =>
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}" stroke="#dde2e8"/>` +
      `<text x="${MARGIN.left - 6}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${Number(tick.toPrecision(2))}</text>`,
  );
  const curves = series.map(({ points: own }, i) => {
    const path = own.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(' ');
    return `<polyline points="${path}" fill="none" stroke="${COLORS[i % COLORS.length]}" stroke-width="2"/>`;
  });
  const legend = series.map(({ name }, i) => {
    const left = MARGIN.left + 8 + i * 100;
    return `<rect x="${left}" y="${HEIGHT - 12}" width="10" height="4" fill="${COLORS[i % COLORS.length]}"/><text x="${left + 14}" y="${HEIGHT - 7}">${name}</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
<text x="${MARGIN.left}" y="16" style="font-weight:600">${title}</text>
${grid.join('')}
<text x="${WIDTH - MARGIN.right}" y="${HEIGHT - 20}" text-anchor="end">${labels.x} ${xMin} to ${xMax}</text>
${curves.join('')}
${legend.join('')}
</svg>`;
}
