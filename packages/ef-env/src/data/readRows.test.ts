import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { promptEnvironment } from '../environments/promptEnvironment.ts';
import { collect } from '../episode/collect.ts';
import { readBenchmark } from '../evaluation/readBenchmark.ts';
import { accuracyReward } from '../judges/maths/graders/accuracyReward.ts';
import { gradeMath } from '../judges/maths/graders/gradeMath.ts';
import type { DataSource } from './dataSource.ts';
import { readRows } from './readRows.ts';

const golden = JSON.parse(
  readFileSync(new URL('../../fixtures/parquet.json', import.meta.url), 'utf8'),
) as { files: Record<string, string>; exact: string; beyond: string };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ef-env-rows-'));
});
const file = async (name: string, content: string | Uint8Array): Promise<string> => {
  await writeFile(join(folder, name), content);
  return join(folder, name);
};
const parquet = (columnData: { name: string; data: unknown[] }[]): DataSource => ({
  content: parquetWriteBuffer({ columnData }),
  format: 'parquet',
  name: 'train.parquet',
});
const said = (source: DataSource, options?: Parameters<typeof readRows>[1]): Promise<string> =>
  readRows(source, options).then(
    () => 'nothing',
    (error) =>
      `${error.code}: ${error.message.replace(folder, '').replace(/JSON \(.*\)(?=\. Mend)/, 'JSON (...)')}`, // V8's words change
  );

describe('readRows', () => {
  test.each(Object.entries(golden.files))('reads what pyarrow wrote with %s', async (_, base64) => {
    expect(await readRows(await file('golden.parquet', Buffer.from(base64, 'base64')))).toEqual([
      {
        problem: 'What is 1 + 1?',
        answer: 2,
        messages: [{ role: 'user', content: 'hi' }],
        extra: { level: 3, scores: [0.5, 1] },
        made: '2025-01-02T03:04:05.678Z',
        day: '2025-01-02',
        bytes: Uint8Array.of(255, 0),
      },
      {
        problem: 'Write é twice.',
        answer: null,
        messages: [],
        extra: null,
        made: null,
        day: '1969-12-31',
        bytes: Uint8Array.of(),
      },
    ]);
  });

  test('reads the same rows from every format, as file and as content', async () => {
    const rows = [
      { prompt: '1 + 1?', answer: 2 },
      { prompt: 'é?', answer: 3 },
      { prompt: '2?', answer: 4 },
    ];
    const lines = rows.map((row) => JSON.stringify(row)).join('\r\n\n');
    const sources: DataSource[] = [
      await file('a.jsonl', `\uFEFF${lines}\n`),
      await file('b.JSON', JSON.stringify(rows, null, 2)),
      await file('c.json', lines),
      await file('d.json', JSON.stringify({ rows: rows.map((row) => ({ row })) }, null, 2)),
      { content: lines, format: 'jsonl' },
      { content: new TextEncoder().encode(lines), format: 'json' },
      parquet([
        { name: 'prompt', data: rows.map(({ prompt }) => prompt) },
        { name: 'answer', data: rows.map(({ answer }) => BigInt(answer)) },
      ]),
    ];
    for (const source of sources) {
      expect(await readRows(source)).toEqual(rows);
      const options = { columns: { question: 'prompt' }, limit: 2 };
      expect(await readRows(source, options)).toEqual([{ question: '1 + 1?' }, { question: 'é?' }]);
      expect(await readRows(source, { columns: ['answer'], limit: 1 })).toEqual([{ answer: 2 }]);
    }
  });

  test('lines longer than what is read at once stay whole', async () => {
    const rows = [{ text: 'é'.repeat(800_000) }, { text: 'b' }];
    const source = await file('long.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
    expect(await readRows(source)).toEqual(rows);
  });

  test('a file of rows becomes an environment in one line', async () => {
    interface Row {
      prompt: { role: string; content: string }[];
      answer: number;
    }
    const source = await file(
      'train.jsonl',
      '{"problem": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1 + 1?"}], "solution": 2, "level": 1}\n',
    );
    const [episode] = await collect(
      promptEnvironment<Row>({
        reward: (completions, { answer }) =>
          completions.map((text, i) => accuracyReward(`${answer[i]}`, text)),
      }),
      {
        generate: async (prompts) =>
          prompts.map(() => ({ speaker: 'assistant', kind: 'policy', turn: 0, text: '$2$' })),
      },
      {
        tasks: await readRows<Row>(source, { columns: { prompt: 'problem', answer: 'solution' } }),
        seed: 0,
        maxTokens: 8,
      },
    );
    expect(episode?.segments.map(({ speaker, text }) => `${speaker}: ${text}`)).toEqual([
      'system: Be brief.',
      'user: 1 + 1?',
      'assistant: $2$',
    ]);
    expect(episode?.reward).toBe(1);
  });

  test('errors name file, line or row, column and what to do', async () => {
    const lines = '{"problem": 1, "answer": 2}\n\n{"problem": 1}\n';
    expect({
      column: await said({ content: lines, format: 'jsonl' }, { columns: ['problem', 'answer'] }),
      misspelt: await said(parquet([{ name: 'problem', data: ['a'] }]), {
        columns: { prompt: 'problm' },
      }),
      json: await said(await file('bad.jsonl', `${lines}{"problem": \n`)),
      list: await said(await file('bad.json', '[{"a": 1},\n{"a": 2}')),
      row: await said({ content: '[1]', format: 'json', name: 'x.json' }),
      parquet: await said(await file('bad.parquet', '<html>not found</html>')),
      big: await said(parquet([{ name: 'id', data: [1n, 2n ** 60n] }])),
      ending: await said(await file('rows.csv', 'a,b\n')),
      limit: await said({ content: '', format: 'json' }, { limit: 0 }),
    }).toMatchInlineSnapshot(`
      {
        "big": "format: train.parquet: row 2: column 'id' holds the integer 1152921504606846976, which no number can hold exactly. Store it as text, or leave the column out with \`columns\`.",
        "column": "format: content:3: there is no column 'answer'. There are: problem.",
        "ending": "option: readRows: a path must end in .jsonl, .ndjson, .json, .parquet, got '/rows.csv'. Rename the file, or give { content, format }.",
        "json": "format: /bad.jsonl:4: not JSON (...). Mend or delete it.",
        "limit": "option: readRows: limit must be an integer >= 1, got 0.",
        "list": "format: /bad.json:2: not JSON (...). Mend or delete it.",
        "misspelt": "format: train.parquet: there is no column 'problm'. Did you mean 'problem'? There are: problem.",
        "parquet": "format: /bad.parquet: not a Parquet file that can be read (parquet file invalid (footer != PAR1)). Download it again, or write it again with another tool.",
        "row": "format: x.json: row 1: a row must be an object { column: value }, got 1.",
      }
    `);
  });
});

describe('digits never change in silence', () => {
  const bytes = (base64: string): DataSource => ({
    content: Buffer.from(base64, 'base64'),
    format: 'parquet',
    name: 'p.parquet',
  });

  test('decimals, times and pages without values (LZ4) of pyarrow are what they say', async () => {
    expect(await readRows(bytes(golden.exact))).toEqual([
      {
        tenths: 0.3,
        price: 18.9,
        wide: 1.5,
        list: [0.7],
        nested: { cost: 2.9, at: '01:02:03' },
        map: { a: 0.1 },
        time: '01:02:03.000004',
        nanos: '01:02:03.000000005',
        micro: '2026-11-28T01:02:03.000004Z',
        nano: '1970-01-01T00:00:00.000000001Z',
        none: null,
      },
      {
        tenths: 8.2,
        price: -1.15,
        wide: null,
        list: [],
        nested: null,
        map: {},
        time: null,
        nanos: '00:00:00',
        micro: '1969-12-31T23:59:59.999999Z',
        nano: '1970-01-01T00:00:00.000Z',
        none: null,
      },
    ]);
  });

  test.each([
    ['whole', '123456789012345678'],
    ['long', '1.0123456789012345678'],
  ])('a decimal that no number holds: %s', async (column, digits) => {
    expect(await said(bytes(golden.beyond), { columns: [column] })).toBe(
      `format: p.parquet: row 1: column '${column}' holds the decimal ${digits}, which no number can hold exactly. Store it as text, or leave the column out with \`columns\`.`,
    );
  });

  test.each([
    [
      '{"id": 9007199254740993}',
      "the number 9007199254740993 in 'id', which no number can hold exactly",
    ],
    ['{"a": 12345678901234567890}', "the number 12345678901234567890 in 'a', "],
    ['{"l": [[{"b": -9007199254740993}]]}', "the number -9007199254740993 in 'l.b', "],
    ['{"a": 1e400}', "the number 1e400 in 'a', which no number can hold. "],
    ['{"a": -1.5E+309}', "the number -1.5E+309 in 'a', "],
    ['{"a": 1e-400}', "the number 1e-400 in 'a', "],
  ])('%s is refused', async (line, words) => {
    const content = `{"a": 1}\n${line}\n`;
    expect(await said({ content, format: 'jsonl', name: 'a.jsonl' })).toContain(
      `format: a.jsonl:2: it holds ${words}`,
    );
    expect(
      await said({ content: `[{"a": 1},\n${line}]`, format: 'json', name: 'a.json' }),
    ).toContain(`format: a.json:2: it holds ${words}`);
    expect(() => readBenchmark(line, { name: 'b' })).toThrow(words);
  });

  test('what a number holds is read', async () => {
    const rows = [
      {
        a: 9007199254740991,
        b: 0.1,
        c: 1e300,
        d: 0.30000000000000004,
        e: '9007199254740993',
        f: 5e-324,
      },
      { '9007199254740993': 'key', g: 'said \\"9007199254740993', h: -0 },
    ];
    const content =
      '{"a": 9007199254740991, "b": 0.1, "c": 1e300, "d": 0.30000000000000004, "e": "9007199254740993", "f": 5e-324}\n{"9007199254740993": "key", "g": "said \\\\\\"9007199254740993", "h": -0}';
    expect(await readRows({ content, format: 'jsonl' })).toEqual(rows);
  });

  test.each(['NaN', 'Infinity', '-Infinity'])(
    '%s is named as what Python writes',
    async (number) => {
      const content = `{"text": "NaN", "a": [${number}]}\n`;
      expect(await said({ content, format: 'jsonl', name: 'a.jsonl' })).toBe(
        `format: a.jsonl:1: not JSON: it holds ${number}, as Python's json writes it. JSON has no such number: write null or a text (json.dumps(..., allow_nan=False) finds them).`,
      );
    },
  );

  test('a benchmark takes no number that has lost digits, and says when ids are replaced', () => {
    const read = (answer: unknown) => readBenchmark([{ problem: 'p', answer }], { name: 'b' });
    expect(() => read(2 ** 53)).toThrow(/answer is 9007199254740992, beyond 2\^53/);
    expect(() => read(Number.POSITIVE_INFINITY)).toThrow(/answer is Infinity, which is no answer/);
    expect(read(9007199254740993n).problems[0]!.answer).toBe('9007199254740993');
    expect(() => gradeMath(2 ** 60, '1')).toThrow(/beyond 2\^53/);
    const onWarning = vi.fn();
    const rows = [1, 5, 5].map((id) => ({ id, problem: 'p', answer: '1' }));
    expect(readBenchmark(rows, { name: 'b', onWarning }).problems[0]!.id).toBe('b-1');
    expect(onWarning.mock.calls).toEqual([
      [expect.stringMatching(/^readBenchmark: 'b': the id '5' stands in several rows/)],
    ]);
  });
});
