/** The page of live control: one file, no request but to its own server. */
export const controlPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Live control</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 1.5rem auto; padding: 0 1rem; }
button, input, select { font: inherit; padding: .3rem .7rem; margin: .15rem; }
input { width: 8rem; } table { border-collapse: collapse; } td { padding: .1rem 1rem .1rem 0; }
#error { color: #b00020; min-height: 1.5em; } pre { white-space: pre-wrap; }
</style></head><body>
<h1 id="where">waiting for the first update</h1>
<p><button data-do="pause">Pause</button><button data-do="step">One update</button><button data-do="resume">Go on</button><button data-do="snapshot">Snapshot</button></p>
<p><select id="name"><option>learningRate<option>beta<option>temperature<option>alpha</select><input id="value" inputmode="decimal" placeholder="value"><button id="set">Set</button></p>
<p><select id="checkpoint"></select><button id="back">Roll back</button></p>
<p id="error" role="alert"></p>
<table id="metrics"></table><h2>Done by hand</h2><pre id="actions"></pre>
<script>
const token = new URLSearchParams(location.search).get('token');
const $ = (id) => document.getElementById(id);
const call = async (path, body) => {
  const answer = await fetch(path, { method: body ? 'POST' : 'GET', headers: { 'x-token': token }, body: body && JSON.stringify(body) });
  const json = await answer.json();
  $('error').textContent = json.error || '';
  return json;
};
const send = (body) => call('/command', body).then(show);
for (const button of document.querySelectorAll('[data-do]')) button.onclick = () => send({ do: button.dataset.do });
$('set').onclick = () => send({ do: 'set', [$('name').value]: Number($('value').value) });
$('back').onclick = () => send({ do: 'rollBack', checkpoint: $('checkpoint').value });
async function show() {
  const { view } = await call('/state');
  if (!view) return;
  $('where').textContent = view.stage + ' ' + view.step + '/' + view.of + (view.paused ? ' (paused)' : '');
  $('metrics').replaceChildren(...Object.entries(view.metrics).map(([name, value]) => {
    const row = document.createElement('tr');
    for (const text of [name, Number(value).toPrecision(5)]) row.appendChild(document.createElement('td')).textContent = text;
    return row;
  }));
  const chosen = $('checkpoint').value;
  $('checkpoint').replaceChildren(...view.checkpoints.map((name) => new Option(name, name, false, name === chosen)));
  $('actions').textContent = view.actions.join('\\n');
}
show(); setInterval(() => show().catch((error) => { $('error').textContent = 'the run has ended (' + error.message + ')'; }), 1000);
</script></body></html>
`;
