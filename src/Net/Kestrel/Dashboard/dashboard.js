'use strict';
(() => {
  const place = document.currentScript.dataset.place;
  const seconds = 120;
  const fewest = 30;
  const colours = 8;
  const number = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
  const small = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
  const whole = value => number.format(value);
  const share = value => small.format(value * 100) + ' %';
  const perSubmit = value => value === null ? '–' : small.format(value);
  const bytes = value => value >= 1 << 30 ? small.format(value / (1 << 30)) + ' GiB' : small.format(value / (1 << 20)) + ' MiB';

  // What is plotted: its name in a sample, and how it reads. The least is the top of an empty plot.
  const measures = [
    { name: 'requests', title: 'Requests per second', show: whole, least: 10 },
    { name: 'utilization', title: 'Utilization', show: share, least: 1 },
    { name: 'pollsPerSubmit', title: 'Polls per submit', show: perSubmit, least: 2 },
    { name: 'wait', title: 'Run-queue wait', show: share, least: 0.01 },
    { name: 'connections', title: 'Connections', show: whole, least: 10 },
    { name: 'stalls', title: 'Stalls', show: whole, least: 1 },
  ];
  const totals = [
    { title: 'Requests per second', show: sample => whole(sum(sample, 'requests') + sample.otherRequests) },
    { title: 'Utilization', show: sample => share(sum(sample, 'utilization') / sample.shards.length) },
    { title: 'Connections', show: sample => whole(sum(sample, 'connections')) },
    { title: 'System calls per request', show: sample => ratio(sum(sample, 'systemCalls'), sum(sample, 'requests')) },
    { title: 'Stalls since the start', show: sample => whole(sum(sample, 'allStalls')) },
    { title: 'Allocated per second', show: sample => bytes(sample.allocated) },
    { title: 'Memory', show: sample => bytes(sample.workingSet) },
  ];
  const sum = (sample, name) => sample.shards.reduce((total, shard) => total + (shard[name] || 0), 0);
  const ratio = (part, all) => all > 0 ? small.format(part / all) : '–';

  const element = (tag, parent, text, className) => {
    const made = document.createElement(tag);
    if (text !== undefined) { made.textContent = text; }
    if (className) { made.className = className; }
    parent.append(made);
    return made;
  };
  const drawing = (tag, parent, attributes) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) { made.setAttribute(name, value); }
    parent.append(made);
    return made;
  };
  const byId = id => document.getElementById(id);
  const say = (state, text) => { byId('state').dataset.state = state; byId('state').textContent = text; };

  let history = [];
  let shards = [];

  // The page anew: another process may answer after a reconnect.
  const build = hello => {
    shards = hello.shards;
    history = [];
    byId('about').textContent = `${hello.process}, ${hello.runtime}, ${shards.length} shards`;
    for (const id of ['totals', 'charts', 'heads', 'shards']) { byId(id).replaceChildren(); }
    for (const total of totals) {
      const card = element('div', byId('totals'), undefined, 'card');
      element('h2', card, total.title);
      total.figure = element('div', card, '–', 'figure');
    }
    for (const measure of measures) {
      const card = element('div', byId('charts'), undefined, 'card');
      const title = element('h2', card, measure.title);
      measure.top = element('span', title, '');
      const plot = drawing('svg', card, { viewBox: `0 0 ${seconds - 1} 100`, preserveAspectRatio: 'none', role: 'img', 'aria-label': measure.title });
      for (const y of [0, 50, 100]) { drawing('line', plot, { x1: 0, x2: seconds - 1, y1: y, y2: y, class: 'grid' }); }
      measure.lines = shards.map(shard => drawing('polyline', plot, { class: 'c' + shard.id % colours, points: '' }));
    }
    const head = element('tr', byId('heads'));
    for (const text of ['Shard', ...measures.map(measure => measure.title)]) { element('th', head, text).scope = 'col'; }
    for (const shard of shards) {
      const row = element('tr', byId('shards'));
      const name = element('th', row);
      name.scope = 'row';
      element('span', name, '■', 'mark c' + shard.id % colours);
      name.append(`${shard.id}${shard.cpu === null ? '' : ', CPU ' + shard.cpu}, ${shard.backend}`);
      shard.cells = measures.map(() => element('td', row, '–'));
    }
  };

  const draw = measure => {
    const most = history.reduce((top, sample) => sample.shards.reduce((top, shard) => Math.max(top, shard[measure.name] || 0), top), measure.least);
    measure.top.textContent = measure.show(most);
    const span = Math.max(history.length, fewest);
    const x = second => ((second + span - history.length) * (seconds - 1) / (span - 1)).toFixed(2);
    measure.lines.forEach((line, id) => line.setAttribute('points', history
      .map((sample, second) => `${x(second)},${(100 - 100 * (sample.shards[id][measure.name] || 0) / most).toFixed(1)}`).join(' ')));
  };

  const take = sample => {
    history.push(sample);
    if (history.length > seconds) { history.shift(); }
    for (const total of totals) { total.figure.textContent = total.show(sample); }
    shards.forEach((shard, id) => shard.cells.forEach((cell, i) => { cell.textContent = measures[i].show(sample.shards[id][measures[i].name]); }));
    measures.forEach(draw);
  };

  const events = new EventSource(place + '/dashboard.events');
  events.addEventListener('hello', event => { build(JSON.parse(event.data)); say('live', 'live'); });
  events.addEventListener('sample', event => take(JSON.parse(event.data)));
  events.addEventListener('error', () => say('lost', 'connection lost, trying again'));
})();
