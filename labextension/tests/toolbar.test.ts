// The button in a notebook's toolbar: what it says of its own notebook's kernel, and that it opens the panel.
import { ISessionContext } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import { afterEach, expect, it } from 'vitest';
import { SparkButton } from '../src/jupyter/toolbar';
import { IFront } from '../src/model/model';
import { front, IDS, kernel, model as connected } from './support/recorded';

const model = connected('working');
let button: SparkButton;
let opened = 0;

async function draw(id: string | null, changes: Partial<IFront> = {}): Promise<Element | null> {
  const session = { kernelChanged: new Signal({}), session: { kernel: id === null ? null : { id } } };
  button = new SparkButton({
    model,
    session: session as unknown as ISessionContext,
    notebook: () => front(id, changes),
    trans: nullTranslator.load('jupyter_sparkk8s'),
    open: () => opened++
  });
  Widget.attach(button, document.body);
  return drawn();
}

async function drawn(): Promise<Element | null> {
  MessageLoop.flush();
  await button.renderPromise;
  await new Promise(resolve => setTimeout(resolve, 20));
  return button.node.firstElementChild;
}

afterEach(() => {
  button.dispose();
});

it('says what its notebook’s Spark does, and opens the panel', async () => {
  const found = await draw(IDS.working);
  expect(found?.textContent).toBe('16 tasks');
  expect(found?.getAttribute('title')).toBe('Spark: Running 16 tasks. Open the Spark panel');
  found?.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  expect(opened).toBe(1);
});

it('follows the feed', async () => {
  await draw(IDS.idle);
  expect(button.node.dataset.state).toBe('idle');
  const kernels = { ...model.stored.kernels, [IDS.idle]: kernel('idle', { phase: 'stopped' }) };
  model.stored = { ...model.stored, kernels };
  expect((await drawn())?.textContent).toBe('No Spark');
});

it('says that its notebook’s kernel starts, of which JupyterLab has no id yet', async () => {
  const found = await draw(null, {
    title: 'gaia-dr2.ipynb',
    path: 'surveys/gaia-dr2.ipynb',
    kernel: null,
    starting: true
  });
  expect(found?.textContent).toBe('Starting');
  expect(button.node.dataset.state).toBe('starting');
  // Without a time, which would stand still there.
  expect(found?.getAttribute('title')).toBe('Spark: Starting on Kubernetes. Open the Spark panel');
});

it('names the trouble, and the next one', async () => {
  const trouble = (title: string) => {
    const findings = [{ id: 'a', severity: 'error', title, cause: '', next_step: '' } as const];
    model.stored = { ...model.stored, kernels: { ...model.stored.kernels, [IDS.idle]: kernel('idle', { findings }) } };
  };
  trouble('No executor can start');
  expect((await draw(IDS.idle))?.getAttribute('title')).toBe('Spark: No executor can start. Open the Spark panel');
  trouble('The kernel died');
  expect((await drawn())?.getAttribute('title')).toBe('Spark: The kernel died. Open the Spark panel');
});

it.each<[string, Partial<IFront>]>([
  ['another kernel', { kernel: 'python3', kernelTitle: 'Python 3' }],
  ['none', { kernel: null, id: null }]
])('is not there for a notebook with %s, and comes with a Spark kernel', async (_, changes) => {
  const notebook = { ...changes };
  expect(await draw('of another kernel', notebook)).toBeNull();
  expect(button.isHidden).toBe(true);
  Object.assign(notebook, front(IDS.working));
  model.stored = { ...model.stored };
  expect((await drawn())?.textContent).toBe('16 tasks');
  expect(button.isHidden).toBe(false);
});

it.each<[string, string, Partial<IFront>]>([
  ['No news', 'Nothing is known of this kernel yet', {}],
  ['Starting', 'The kernel is starting', { starting: true, kernel: null, id: null, path: 'new.ipynb' }],
  ['Died', 'The driver is gone', { dead: true }]
])('of a Spark kernel that the feed does not know it says “%s”', async (word, sentence, changes) => {
  const found = await draw('of a gateway', changes);
  expect([found?.textContent, found?.getAttribute('title')]).toEqual([
    word,
    `Spark: ${sentence}. Open the Spark panel`
  ]);
});
