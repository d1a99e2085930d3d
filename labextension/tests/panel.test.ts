// The panel in a DOM: its frame, what it says for each reason, its ways out, its names for screen readers.
import { nullTranslator } from '@jupyterlab/translation';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { after, EMPTY } from '../src/feed/store';
import { PanelModel } from '../src/model/model';
import { DEFAULTS } from '../src/model/settings';
import { Reason } from '../src/model/reasons';
import { nothing } from '../src/texts/nothing';
import { Drawn } from './support/drawn';
import { front, IDS, kernel, KERNELS, model as connected, SNAPSHOT } from './support/recorded';

let drawn: Drawn;

afterEach(() => {
  drawn.dispose();
});

function python(): PanelModel {
  const model = new PanelModel();
  model.kernels = KERNELS;
  model.front = front('p', { title: 'notes.ipynb', kernel: 'python3', kernelTitle: 'Python 3' });
  return model;
}

describe('SparkPanel', () => {
  it('is named', async () => {
    drawn = new Drawn(python());
    await drawn.text();
    const { panel } = drawn;
    expect(panel.title.caption).toBe('Spark');
    expect(panel.node.getAttribute('role')).toBe('region');
    expect(panel.node.getAttribute('aria-label')).toBe('Spark');
    expect(panel.node.querySelector('h2')?.textContent).toBe('Spark');
  });

  it('names the notebook, its kernel and the kernels to choose, and changes the kernel', async () => {
    drawn = new Drawn(python());
    expect(await drawn.text()).toContain(
      'No Spark kernel here“notes.ipynb” runs Python 3. Choose the kernel “Spark on K8s” or “Spark (this machine)” to get'
    );
    await drawn.click('Change kernel…');
    expect(drawn.performed).toEqual([{ kind: 'change-kernel' }]);
  });

  it('offers a new notebook with each kernel where none is in front', async () => {
    const model = new PanelModel();
    model.kernels = KERNELS;
    drawn = new Drawn(model);
    await drawn.click('Spark (this machine)');
    expect(drawn.performed).toEqual([{ kind: 'new-notebook', kernel: 'spark-local' }]);
  });

  it('follows the model until it is disposed', async () => {
    const model = python();
    drawn = new Drawn(model);
    model.front = front(null, { kernel: null });
    expect(await drawn.text()).toContain('“a.ipynb” has no kernel.');
    const update = vi.spyOn(drawn.panel, 'update');
    drawn.dispose();
    model.front = null;
    expect(update).not.toHaveBeenCalled();
  });

  it('shows a name that looks like markup as text', async () => {
    const model = python();
    model.front = front(null, { title: '<img src=x>.ipynb', kernel: null });
    drawn = new Drawn(model);
    expect(await drawn.text()).toContain('<img src=x>.ipynb');
    expect(drawn.panel.node.querySelector('img')).toBeNull();
  });

  it('tells when it is shown and hidden', async () => {
    drawn = new Drawn(python());
    await drawn.text();
    const told: boolean[] = [];
    drawn.panel.shown.connect((_, shown) => told.push(shown));
    drawn.panel.hide();
    drawn.panel.show();
    expect(told).toEqual([false, true]);
  });

  it('shows the sections that the settings name', async () => {
    drawn = new Drawn(connected('working'));
    drawn.panel.settings = { ...DEFAULTS, sections: ['driver'] };
    await drawn.text();
    expect(drawn.regions()).toEqual(['Kernel', 'Driver']);
  });

  it('draws no more often than the settings say, its clock included', async () => {
    drawn = new Drawn(connected('working'));
    drawn.panel.settings = { ...DEFAULTS, interval: 2 };
    await drawn.text();
    vi.useFakeTimers();
    const update = vi.spyOn(drawn.panel, 'update');
    for (let tenth = 0; tenth < 200; tenth++) {
      drawn.model.stored = { ...drawn.model.stored };
      vi.advanceTimersByTime(100);
    }
    vi.useRealTimers();
    expect(update.mock.calls.length).toBeGreaterThanOrEqual(9);
    expect(update.mock.calls.length).toBeLessThanOrEqual(11);
  });

  it('does not wait with another kernel, whose its buttons are then', async () => {
    drawn = new Drawn(connected('working'));
    drawn.panel.settings = { ...DEFAULTS, interval: 60 };
    await drawn.text();
    drawn.model.stored = { ...drawn.model.stored };
    drawn.model.chosen = IDS.idle;
    expect(await drawn.text()).toContain('try.ipynb');
    drawn.model.link = 'lost';
    expect(await drawn.text()).toContain('As it was a moment ago');
  });

  it('lists all kernels, shows the one chosen and comes back', async () => {
    drawn = new Drawn(connected('working'));
    await drawn.click('All Spark kernels');
    expect(drawn.names('.jp-SparkPanel-who li')).toEqual([
      'surveys/gaia-dr2.ipynbStarting on Kubernetes · 6 s',
      'gaia-dr2.ipynbRunning 16 tasks',
      'clusters.ipynbNot up to date',
      'old.ipynbKernel died',
      'try.ipynbIdle'
    ]);
    expect(drawn.one('.jp-SparkPanel-who li b').title).toBe('surveys/gaia-dr2.ipynb'); // its end is cut where room is short
    await drawn.press('Escape', '.jp-SparkPanel-who');
    expect(drawn.names('.jp-SparkPanel-who li')).toEqual([]);
    await drawn.click('All Spark kernels');
    await drawn.click('try.ipynbIdle');
    expect(drawn.model.view).toMatchObject({ id: IDS.idle });
    await drawn.click('All Spark kernels');
    await drawn.click('Follow the notebook in front');
    expect(drawn.model.view).toMatchObject({ id: IDS.working });
  });
});

describe('each reason', () => {
  const trans = nullTranslator.load('jupyter_sparkk8s');
  const cases: [Reason, string, string[]][] = [
    ['not-installed', 'No Spark kernel on this server', []],
    ['no-notebook', 'No notebook in front', ['Spark on K8s', 'Spark (this machine)']],
    ['no-kernel', 'No Spark kernel here', ['Change kernel…']],
    ['kernel-ended', 'The kernel has ended', ['Start the kernel again', 'Change kernel…']],
    ['other-kernel', 'No Spark kernel here', ['Change kernel…']],
    ['starting', 'The kernel is starting', []],
    ['spark-not-started', 'Spark is not started yet', ['Start Spark']],
    ['spark-stopped', 'Spark has been stopped', ['Start Spark']],
    ['driver-gone', 'The driver is gone', ['Restart kernel…']],
    ['connecting', 'Connecting…', []],
    ['unknown-kernel', 'Nothing is known of this kernel yet', ['Restart kernel…']],
    ['extension-missing', 'The server extension is missing', ['Try again now']],
    ['extension-older', 'The server extension is older than this panel', ['Try again now']],
    ['panel-older', 'This panel is older than the server extension', ['Reload page']],
    ['feed-lost', 'The Jupyter server does not answer', ['Try again now']],
    ['server-gone', 'The Jupyter server is gone', ['Try again now']]
  ];

  it.each(cases)('%s has its words and its way out', (reason, title, labels) => {
    const said = nothing(reason, connected('idle'), trans);
    expect(said.title).toBe(title);
    expect(said.text).toMatch(/^[\p{Lu}“].{20,}\.$/u);
    expect(said.text).not.toContain('undefined');
    expect(said.actions.map(({ label }) => label)).toEqual(labels);
    drawn = new Drawn(new PanelModel());
  });

  it.each([
    ['eager', 'has not come up'],
    ['lazy', 'first cell that uses spark'],
    ['off', 'SparkSession.builder.getOrCreate()']
  ] as const)('of a Spark that is not started says when it would be: %s', (session, words) => {
    const model = connected('idle', kernel('idle', { phase: 'python', session }));
    expect(nothing('spark-not-started', model, trans).text).toContain(words);
    model.front = { ...front(IDS.idle), busy: true };
    const busy = nothing('spark-not-started', model, trans);
    expect([busy.title, busy.actions]).toEqual(['The kernel is busy', []]);
    expect(busy.text).toContain('it is starting');
    expect(nothing('spark-stopped', model, trans)).toEqual(busy);
    model.front = { ...front(IDS.working), busy: true };
    model.chosen = IDS.idle;
    expect(nothing('spark-not-started', model, trans).title).toBe('Spark is not started yet');
    model.isBusy = id => id === IDS.idle;
    expect(nothing('spark-not-started', model, trans)).toEqual(busy);
    drawn = new Drawn(new PanelModel());
  });

  it('of a Spark that its button starts says so until the feed has seen it, or that it has failed', async () => {
    const model = connected('idle', kernel('idle', { phase: 'python', application: undefined, executors: {} }));
    drawn = new Drawn(model);
    const failing = model.startSpark(IDS.idle, Promise.reject(new Error('no JVM')));
    expect(nothing('spark-not-started', model, trans)).toMatchObject({ title: 'Spark is starting', actions: [] });
    await expect(failing).rejects.toThrow('no JVM');
    expect(await drawn.text()).toContain('Spark is not started yet');
    vi.useFakeTimers();
    await model.startSpark(IDS.idle, Promise.resolve());
    expect(nothing('spark-stopped', model, trans).title).toBe('Spark is starting');
    vi.runAllTimers();
    vi.useRealTimers();
    expect(await drawn.text()).toContain('Spark is not started yet');
  });

  it('of a version names the server’s', () => {
    const model = new PanelModel();
    model.stored = after(EMPTY, { ...SNAPSHOT, version: 9 }, 0);
    expect(nothing('panel-older', model, trans).text).toContain('jupyter_sparkk8s 0.1.0,');
    drawn = new Drawn(model);
  });

  it('of a kernel stands above what is known of its driver', async () => {
    drawn = new Drawn(connected('idle', kernel('idle', { phase: 'python', application: undefined, executors: {} })));
    expect(await drawn.text()).toContain('Spark is not started yet');
    expect(drawn.regions()).toEqual(['Kernel', 'Driver']);
    await drawn.click('Start Spark');
    expect(drawn.performed).toEqual([{ kind: 'start-spark', id: IDS.idle }]);
  });
});
