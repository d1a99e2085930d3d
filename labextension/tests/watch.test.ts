// What the server is told of who looks at what, and when the feed is opened at all.
import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FeedLink, LinkState } from '../src/feed/link';
import { IStored } from '../src/feed/store';
import { FeedWatch } from '../src/jupyter/feed';
import { PanelModel } from '../src/model/model';
import { DELTA, front, IDS, KERNELS, SNAPSHOT } from './support/recorded';

class Link {
  readonly received = new Signal<this, unknown>(this);
  readonly stateChanged = new Signal<this, LinkState>(this);
  state: LinkState = 'idle';
  greeting: () => readonly unknown[] = () => [];
  sent: unknown[] = [];
  connects = 0;

  connect(): void {
    this.connects++;
    this.turn('connecting');
  }
  turn(state: LinkState): void {
    this.state = state;
    this.stateChanged.emit(state);
  }
  send(frame: unknown): void {
    this.sent.push(frame);
  }
  dispose(): void {
    Signal.clearData(this);
  }
}

let link: Link;
let model: PanelModel;
let watch: FeedWatch;

beforeEach(() => {
  link = new Link();
  model = new PanelModel();
  watch = new FeedWatch(link as unknown as FeedLink, model);
});

afterEach(() => {
  watch.dispose();
  vi.restoreAllMocks();
});

function open(): void {
  model.kernels = KERNELS;
  model.front = front(IDS.working);
  link.turn('open');
  link.received.emit(SNAPSHOT);
}

it('opens the feed once there is a Spark kernel to choose, and once only', () => {
  expect(link.connects).toBe(0);
  model.kernels = KERNELS;
  model.front = front(null);
  expect(link.connects).toBe(1);
});

it('greets with what is shown, and tells of another kernel in front', () => {
  open();
  expect(link.greeting()).toEqual([
    { type: 'visible', visible: false },
    { type: 'watch', kernel: IDS.working }
  ]);
  model.front = front(IDS.trouble);
  model.front = front(null, { kernel: null });
  expect(link.sent).toEqual([
    { type: 'watch', kernel: IDS.working },
    { type: 'watch', kernel: IDS.trouble },
    { type: 'watch', kernel: null }
  ]);
});

it('tells once when the panel is seen or hidden, a hidden page included', () => {
  open();
  link.sent = [];
  watch.seen = true;
  watch.seen = true;
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  document.dispatchEvent(new Event('visibilitychange'));
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(false);
  document.dispatchEvent(new Event('visibilitychange'));
  watch.seen = false;
  expect(link.sent).toEqual([true, false, true, false].map(visible => ({ type: 'visible', visible })));
});

it('asks again for a server that was gone when someone looks', () => {
  open();
  link.turn('gone');
  expect(link.connects).toBe(1);
  watch.seen = true;
  expect(link.connects).toBe(2);
});

it('puts frames into the model and hands on what was before and after', () => {
  const frames: [IStored, IStored][] = [];
  watch.onFrame = (before, now) => frames.push([before, now]);
  open();
  link.received.emit(DELTA);
  expect(model.stored.kernels?.[IDS.working]?.application?.active_tasks).toBe(12);
  expect(frames).toHaveLength(2);
  expect(frames[1]?.[0].kernels?.[IDS.working]?.application?.active_tasks).toBe(16);
  expect(model.link).toBe('open');
});
