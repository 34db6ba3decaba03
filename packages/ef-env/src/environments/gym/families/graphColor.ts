import type { Random } from '../../../base/random.ts';
import { type GymFamily, type GymItem, RIGHT, wrong } from '../core/gymFamily.ts';

export interface GraphColorData {
  puzzle: { vertices: number[]; edges: [number, number][]; color_options: number[] };
}

/** Vertices, colours and density per level. */
const LEVELS = [
  { vertices: 5, colors: 3, density: 0.3 },
  { vertices: 8, colors: 3, density: 0.25 },
  { vertices: 12, colors: 3, density: 0.2 },
  { vertices: 16, colors: 4, density: 0.3 },
] as const;

function generate(random: Random, level: number): GymItem<GraphColorData> {
  const { vertices: n, colors, density } = LEVELS[level]!;
  const hidden = Array.from({ length: n }, () => 1 + random.integer(colors));
  const edges: [number, number][] = [];
  for (let u = 0; u < n; u++) {
    for (let v = u + 1; v < n; v++)
      if (hidden[u] !== hidden[v] && random.next() < density * 1.5) edges.push([u, v]);
  }
  const vertices = [...Array(n).keys()];
  const options = Array.from({ length: colors }, (_, i) => i + 1);
  return {
    question: `Give each vertex of a graph one of the colours ${options.join(', ')} so that no edge joins two of the same colour. Vertices: ${vertices.join(', ')}. Edges: ${edges.map(([u, v]) => `${u}-${v}`).join(', ')}. Answer with a JSON object such as {"0": 1, "1": 2}.`,
    answer: JSON.stringify(Object.fromEntries(hidden.map((color, v) => [v, color]))),
    data: { puzzle: { vertices, edges, color_options: options } },
  };
}

/** The coloring in an answer, `null` where it is no JSON object. */
function readColoring(answer: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(answer);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return value as Record<string, unknown>; // an object of JSON has string keys
  } catch {
    return null;
  }
}

function mistakeIn({ puzzle }: GraphColorData, coloring: Record<string, unknown>): string | null {
  const { vertices, edges, color_options: options } = puzzle;
  for (const v of vertices)
    if (!Object.hasOwn(coloring, `${v}`)) return `Vertex ${v} has no colour.`;
  for (const v of vertices) {
    const color = coloring[`${v}`];
    if (!options.some((option) => option === color))
      return `Vertex ${v} has the colour ${JSON.stringify(color)}, which is not allowed.`;
  }
  const bad = edges.find(([u, v]) => coloring[`${u}`] === coloring[`${v}`]);
  return bad === undefined
    ? null
    : `Vertices ${bad[0]} and ${bad[1]} are joined and have the same colour.`;
}

/** Colour a graph. Vertices that do not exist are refused; the reference ignores them. */
export const graphColor: GymFamily<GraphColorData> = {
  name: 'graph_color',
  levels: 4 satisfies (typeof LEVELS)['length'], // a literal: else bundlers keep what is not used
  generate,
  judge: ({ data }, answer) => {
    const coloring = readColoring(answer);
    if (coloring === null)
      return wrong('The answer is to be a JSON object of vertices and colours and nothing else.');
    const extra = Object.keys(coloring).find(
      (key) => !data.puzzle.vertices.some((v) => `${v}` === key),
    );
    const mistake =
      mistakeIn(data, coloring) ?? (extra === undefined ? null : `There is no vertex ${extra}.`);
    return mistake === null ? RIGHT : wrong(mistake);
  },
  referenceScore: ({ data }, answer) => {
    if (answer === null) return 0;
    const coloring = readColoring(answer);
    if (coloring === null) return isJsonList(answer) ? 0.01 : 0;
    // Python takes true for 1 and 1.0 for 1
    const plain = Object.fromEntries(
      Object.entries(coloring).map(([key, color]) => [key, color === true ? 1 : color]),
    );
    const unhashable = data.puzzle.vertices.some(
      (v) => typeof plain[`${v}`] === 'object' && plain[`${v}`] !== null,
    );
    if (unhashable && data.puzzle.vertices.every((v) => Object.hasOwn(plain, `${v}`))) return 0;
    return mistakeIn(data, plain) === null ? 1 : 0.01;
  },
};

function isJsonList(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}
