import { escapeHtml } from './escapeHtml.ts';

export interface Series {
  name: string;
  /** `[x, y]`, ascending in x. */
  points: [number, number][];
  /** Lower and upper end of an interval at each of some points, `[x, low, high]`. */
  intervals?: [number, number, number][] | undefined;
}

/** A telephone's width, so that 11 px stay 11 px there. */
const WIDTH = 340;
const HEIGHT = 220;
/** Curves of at most so many points show each: evaluations are few. */
const DOTTED = 12;
const MARGIN = { right: 10, top: 8, bottom: 30 };
/** Width of a digit of an 11 px font, with some room. */
const DIGIT = 7;

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

export interface ChartLabels {
  x: string;
  /** Where y begins: at 0, or at the least value for curves that lie far from it. Default `'zero'`. */
  from?: 'zero' | 'least' | undefined;
}

/** Curves as an SVG picture in a figure, y from 0 (or the least value) to the greatest. Empty without points. */
export function lineChart(title: string, series: readonly Series[], labels: ChartLabels): string {
  const points = series.flatMap((one) => one.points).filter(([, y]) => Number.isFinite(y));
  if (points.length === 0) return '';
  const xs = points.map(([x]) => x);
  const ends = series.flatMap(({ intervals = [] }) => intervals.flatMap(([, ...both]) => both));
  const ys = [...points.map(([, y]) => y), ...ends];
  const [xMin, xMax] = [Math.min(...xs), Math.max(...xs)];
  const { from = 'zero' } = labels;
  const [yMin, yMax] = [Math.min(...(from === 'zero' ? [0] : []), ...ys), Math.max(...ys)];
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => yMin + share * (yMax - yMin || 1));
  const left = 12 + DIGIT * Math.max(...ticks.map((tick) => tickLabel(tick).length));
  const x = (value: number): number =>
    left + ((value - xMin) / (xMax - xMin || 1)) * (WIDTH - left - MARGIN.right);
  const y = (value: number): number =>
    HEIGHT -
    MARGIN.bottom -
    ((value - yMin) / (yMax - yMin || 1)) * (HEIGHT - MARGIN.top - MARGIN.bottom);

  const grid = ticks.map(
    (tick) =>
      `<line x1="${left}" x2="${WIDTH - MARGIN.right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}" stroke="#dde2e8"/>` +
      `<text x="${left - 6}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${tickLabel(tick)}</text>`,
  );
  const curves = series.map(({ points: own }, i) => {
    const finite = own.filter(([, py]) => Number.isFinite(py));
    const path = finite.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(' ');
    const dots = finite.length > DOTTED ? [] : finite;
    return (
      `<polyline points="${path}" fill="none" stroke="${color(i)}" stroke-width="2"/>` +
      dots
        .map(
          ([px, py]) =>
            `<circle cx="${x(px).toFixed(1)}" cy="${y(py).toFixed(1)}" r="2.5" fill="${color(i)}"/>`,
        )
        .join('')
    );
  });
  const whiskers = series.map(({ intervals = [] }, i) =>
    intervals
      .map(([at, low, high]) => {
        const across = x(at).toFixed(1);
        return `<line x1="${across}" x2="${across}" y1="${y(low).toFixed(1)}" y2="${y(high).toFixed(1)}" stroke="${color(i)}" stroke-opacity=".5"/>`;
      })
      .join(''),
  );
  const legend = series.map(
    ({ name }, i) => `<li><i style="background:${color(i)}"></i>${escapeHtml(name)}</li>`,
  );
  return `<figure>
<figcaption>${escapeHtml(title)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">
${grid.join('')}
<text x="${WIDTH - MARGIN.right}" y="${HEIGHT - 8}" text-anchor="end">${labels.x} ${xMin} to ${xMax}</text>
${whiskers.join('')}${curves.join('')}
</svg>
<ul class="legend">${legend.join('')}</ul>
</figure>`;
}

const color = (i: number): string => COLORS[i % COLORS.length]!; // within the list

/** At most three digits, small and large numbers as powers of ten: `0`, `0.25`, `2.5e-6`. */
export function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return '0';
  if (size < 1e-3 || size >= 1e5) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}
