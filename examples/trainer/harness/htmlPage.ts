import { escapeHtml } from './escapeHtml.ts';

/** An HTML file without scripts or outside files, made for the width of a telephone as well. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430; overflow-wrap: anywhere; }
  table { font-size: 12.5px; border-collapse: collapse; display: block; overflow-x: auto; font-variant-numeric: tabular-nums; }
  th, td { padding: .3rem .45rem; border-bottom: 1px solid #dde2e8; text-align: left; white-space: nowrap; }
  .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(21rem, 100%), 1fr)); gap: 1rem; }
  figure { margin: 0; } figcaption { font-weight: 600; } .facts td { white-space: normal; }
  .legend { display: flex; flex-wrap: wrap; gap: .2rem .9rem; margin: 0; padding: 0; list-style: none; font-size: 12px; }
  .legend i { display: inline-block; width: .8rem; height: .25rem; margin-right: .3rem; vertical-align: middle; }
  svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: #4a5565; }
  pre { white-space: pre-wrap; background: #f4f6f8; padding: .6rem .8rem; border-radius: .4rem; margin: .3rem 0; }
  .environment { background: #fff3dc; } .right { border-left: 4px solid #2a9d5c; } .wrong { border-left: 4px solid #c8443c; }
  small { color: #4a5565; } summary { cursor: pointer; }
  .narrow { font-size: 11px; } .narrow th, .narrow td { padding: .15rem .25rem; }
  .command { display: block; color: #4a5565; font-size: 12px; } ul.findings { padding-left: 1.2rem; }
  .tokens { font: 13px/1.7 ui-monospace, monospace; white-space: pre-wrap; background: #f4f6f8; padding: .6rem .8rem; border-radius: .4rem; }
  .tokens .no { color: #8a94a3; } .tokens span { border-radius: 2px; }
</style>
${body}
</html>
`;
}

/** Names and values, one row each. */
export function factsTable(facts: readonly (readonly [name: string, value: string])[]): string {
  const rows = facts.map(
    ([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  return `<table class="facts">${rows.join('')}</table>`;
}
