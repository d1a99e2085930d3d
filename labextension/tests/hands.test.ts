// What is done for kernels that start slowly or die: their notebooks joined to them, their notifications.
import { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hands } from '../src/jupyter/hands';
import { IHands } from '../src/life';
import { IDS, model } from './support/recorded';

/** What `join` reads of a document: until it has a kernel its path ends with a random name. */
const notebook = (path: string, name: string, kernel: object | null = null) => ({
  sessionContext: { path, name, session: { kernel }, changeKernel: vi.fn() }
});
let open: ReturnType<typeof notebook>[];
let running: object[];
const refreshRunning = vi.fn();
let seen = true;

function made(known = model('working')): IHands {
  const sessions = { refreshRunning, running: () => running.values() };
  const app = { serviceManager: { sessions }, shell: { widgets: () => open.values() } };
  return hands(app as unknown as JupyterFrontEnd, known, () => seen, nullTranslator.load(''));
}

describe('join', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    running = [
      { kernel: { id: 'other' }, path: 'sea/gaia.ipynb', name: 'gaia.ipynb' },
      { kernel: { id: 'k' }, path: 'sky/gaia.ipynb', name: 'gaia.ipynb' },
      { kernel: null, path: 'sky/late.ipynb', name: 'late.ipynb' }
    ];
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.clearAllMocks();
  });

  it('gives a kernel to the notebook of its folder and name, and to no other', async () => {
    open = [
      notebook('sea/gaia.ipynb', 'gaia.ipynb'),
      notebook('sky/5a2f', 'gaia.ipynb'),
      notebook('sky/other.ipynb', 'other.ipynb'),
      notebook('gaia.ipynb', 'gaia.ipynb')
    ];
    open.unshift({} as ReturnType<typeof notebook>); // a tab without a session
    const [, ...notebooks] = open;
    made().join('k');
    await vi.advanceTimersByTimeAsync(3000);
    expect(notebooks.map(({ sessionContext }) => sessionContext.changeKernel.mock.calls)).toEqual([
      [],
      [[{ id: 'k' }]],
      [],
      []
    ]);
  });

  it('leaves a notebook alone that has a kernel, and waits for the answer to its own request', async () => {
    open = [notebook('sky/gaia.ipynb', 'gaia.ipynb')];
    made().join('k');
    await vi.advanceTimersByTimeAsync(2999);
    expect(refreshRunning).not.toHaveBeenCalled();
    Object.assign(open[0]?.sessionContext.session ?? {}, { kernel: { id: 'k' } });
    await vi.advanceTimersByTimeAsync(1);
    expect(refreshRunning).toHaveBeenCalledOnce();
    expect(open[0]?.sessionContext.changeKernel).not.toHaveBeenCalled();
  });

  it.each(['gone', 'other'])('does nothing for the kernel %s, which has no notebook open', async kernel => {
    open = [notebook('sky/5a2f', 'gaia.ipynb')];
    made().join(kernel);
    await vi.advanceTimersByTimeAsync(3000);
    expect(open[0]?.sessionContext.changeKernel).not.toHaveBeenCalled();
  });
});

it('shows one notification for each key, changes it, and takes it away', () => {
  const own = made();
  const said = (): string[] => Notification.manager.notifications.map(({ message }) => message);
  own.show('k', 'it starts', 'in-progress', () => undefined);
  own.show('k', 'it still starts', 'in-progress', () => undefined);
  own.show('l', 'another', 'error');
  expect(said().sort()).toEqual(['another', 'it still starts']);
  own.hide('k');
  expect(said()).toEqual(['another']);
  own.hide('k');
  own.hide('never shown');
  expect(said()).toEqual(['another']);
});

it('has a button for all of a text that JupyterLab cuts', async () => {
  const own = made();
  const actions = (): { label: string; callback: (event: MouseEvent) => void }[] =>
    Notification.manager.notifications[0]?.options.actions ?? [];
  const text = `a.ipynb: it ended.\n${'x'.repeat(130)}`;
  own.show('long', 'short', 'error');
  expect(actions()).toEqual([]);
  own.show('long', text, 'error');
  expect(actions().map(({ label }) => label)).toEqual(['Details']);
  const click = new MouseEvent('click', { cancelable: true });
  actions()[0]?.callback(click);
  expect(click.defaultPrevented).toBe(true); // the notification stays
  await vi.waitFor(() => {
    expect(document.querySelector('.jp-Dialog .jp-SparkNotice')?.textContent).toBe(text);
  });
  document.querySelector<HTMLElement>('.jp-Dialog-footer button')?.click();
});

it('sees what the panel shows, while that is on the screen and up to date', () => {
  const known = model('working');
  const own = made(known);
  expect([own.sees(IDS.working), own.sees(IDS.idle)]).toEqual([true, false]);
  known.link = 'lost';
  expect(own.sees(IDS.working)).toBe(false);
  known.link = 'open';
  seen = false;
  expect(own.sees(IDS.working)).toBe(false);
});
