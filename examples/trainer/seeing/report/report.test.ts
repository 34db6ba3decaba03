import { describe, expect, test } from 'vitest';
import { renderReport } from './report.ts';
import { sampleComparison, sampleRun } from './sampleRun.ts';
import { settingsDiffer } from './settingsDiffer.ts';

describe('report of a run', () => {
  const html = renderReport([sampleRun('runs/a')]);

  test('is one file without scripts, and what a model says is text', () => {
    expect(html).not.toMatch(/<script|src=|href=|@import|url\(/);
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(html).toContain('&lt;b&gt;');
  });

  test('has the figures with their intervals, before and after, and the command that repeats them', () => {
    expect(html).toContain('<td>at the start</td><td>0.100<br><small>[0.050, 0.150]</small></td>');
    expect(html).toContain('<td>end of grpo</td><td>0.900<br><small>[0.850, 0.950]</small></td>');
    expect(html).toContain('<td>end of grpo</td><td>2.810<br>');
    expect(html).toContain('npm run train -- --config runs/a/run.json');
    expect(html.indexOf('<pre class="wrong">')).toBeLessThan(
      html.indexOf('<pre class="right">2</pre>'),
    );
  });

  test('draws what was measured and nothing else, each with its source', () => {
    expect(html).toContain('<small>reward of metrics.jsonl</small>');
    expect(html).toContain('<small>textKl of results.json, 95 % intervals</small>');
    expect(html).not.toContain('CE on feedback, nats');
  });

  test('says what the doctor found', () => {
    expect(html).toContain('1-grpo, update 1 to 20: the loss prints 0.000 and that is right');
  });

  test('colours tokens by what the update does to them', () => {
    expect(html).toContain('<span class="no">1 + 1?</span>');
    expect(html).toContain('<span style="background:rgba(42,157,92,0.75)">2</span>');
    expect(html).toContain('<span style="background:rgba(200,68,60,0.30)">&lt;|im_end|&gt;</span>');
    expect(html).toContain(
      '<td>assistant</td><td>1</td><td>-2.000</td><td>-1.500</td><td>-0.700</td><td>-20.00 %</td>',
    );
  });

  test('a run that was not evaluated says so', () => {
    const bare = { ...sampleRun('runs/a'), evaluations: [], completions: [], metrics: [] };
    expect(renderReport([bare])).toContain(
      'a: not evaluated. Put <code>eval</code> into --stages.',
    );
  });
});

describe('comparison', () => {
  test('shows what differs, and a line for each run', () => {
    const html = sampleComparison();
    expect(html).toContain('<tr><th>lora.r</th><td>(none)</td><td>8</td></tr>');
    expect(html).toMatch(/<li><i [^>]*><\/i>a<\/li><li><i [^>]*><\/i>b<\/li>/);
  });

  test('says which line is what CE alone forgets', () => {
    const stages = ['collect', 'mol', 'eval'];
    const ce = sampleRun('runs/other', { stages, mol: { method: 'ce' } });
    const html = renderReport([sampleRun('runs/mol', { stages }), ce]);
    expect(html).toContain('<li><i style="background:#d55e00"></i>other (CE)</li>');
    expect(html).toContain('The line marked CE is what cross-entropy alone forgets');
  });

  test('settings that are the same are left out', () => {
    const { settings } = sampleRun('a');
    const other = sampleRun('b', { grpo: { updates: 20, prompts: 3 }, seed: 4 }).settings;
    expect(settingsDiffer([settings, other])).toEqual([
      ['seed', ['0', '4']],
      ['grpo.prompts', ['8', '3']],
    ]);
    expect(settingsDiffer([settings, settings])).toEqual([]);
  });
});
