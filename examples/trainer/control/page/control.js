const token = new URLSearchParams(location.search).get('token');
const $ = (id) => document.getElementById(id);
const call = async (path, body) => {
  const answer = await fetch(path, {
    method: body ? 'POST' : 'GET',
    headers: { 'x-token': token },
    body: body && JSON.stringify(body),
  });
  const json = await answer.json();
  $('error').textContent = json.error || '';
  return json;
};
const send = (body) => call('/command', body).then(show);
for (const button of document.querySelectorAll('[data-do]'))
  button.onclick = () => send({ do: button.dataset.do });
$('set').onclick = () => send({ do: 'set', [$('name').value]: Number($('value').value) });
$('back').onclick = () => send({ do: 'rollBack', checkpoint: $('checkpoint').value });
async function show() {
  const { view } = await call('/state');
  if (!view) return;
  $('where').textContent = `${view.stage} ${view.step}/${view.of}${view.paused ? ' (paused)' : ''}`;
  $('metrics').replaceChildren(
    ...Object.entries(view.metrics).map(([name, value]) => {
      const row = document.createElement('tr');
      for (const text of [name, Number(value).toPrecision(5)])
        row.appendChild(document.createElement('td')).textContent = text;
      return row;
    }),
  );
  const chosen = $('checkpoint').value;
  $('checkpoint').replaceChildren(
    ...view.checkpoints.map((name) => new Option(name, name, false, name === chosen)),
  );
  $('actions').textContent = view.actions.join('\n');
}
show();
setInterval(
  () =>
    show().catch((error) => {
      $('error').textContent = `the run has ended (${error.message})`;
    }),
  1000,
);
