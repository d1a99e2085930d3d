// @vitest-environment node
// The feed's connection: made, lost, made again with pauses that grow, given up; and what it tells the server.
// Time is virtual and the socket a stand-in, since a real server can't be made to show each of these losses on time.
import { ServerConnection } from '@jupyterlab/services';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GIVE_UP_S, pause } from '../src/feed/backoff';
import { FeedLink, LinkState } from '../src/feed/link';

class Socket {
  static all: Socket[] = [];
  readonly sent: unknown[] = [];
  isClosed = false;
  onopen = (): void => undefined;
  onclose = (): void => undefined;
  onmessage: (event: { data: unknown }) => void = () => undefined;

  constructor(readonly url: string) {
    Socket.all.push(this);
  }
  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }
  close(): void {
    this.isClosed = true;
  }
}

describe('FeedLink', () => {
  let link: FeedLink;
  let status: number | null;
  const states: LinkState[] = [];
  const last = (): Socket => Socket.all.at(-1) as Socket;
  const wait = (seconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(seconds * 1000);

  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    Socket.all = [];
    states.length = 0;
    status = 400; // what a websocket's route says to a plain request
    link = new FeedLink(
      ServerConnection.makeSettings({
        baseUrl: 'http://server/user/ana/',
        wsUrl: 'ws://server/user/ana/',
        token: 'secret',
        appendToken: false,
        WebSocket: Socket as unknown as typeof WebSocket,
        fetch: () =>
          status === null ? Promise.reject(new TypeError('no route')) : Promise.resolve(new Response(null, { status }))
      })
    );
    link.stateChanged.connect((_, state) => states.push(state));
  });

  afterEach(() => {
    link.dispose();
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('connects below the base URL, greets, and hands frames on', () => {
    const received: unknown[] = [];
    link.received.connect((_, frame) => received.push(frame));
    link.greeting = () => [{ type: 'watch', kernel: 'k' }];
    link.connect();
    expect(last().url).toBe('ws://server/user/ana/sparkk8s/api/feed');
    last().onopen();
    last().onmessage({ data: '{"type":"snapshot"}' });
    expect(last().sent).toEqual([{ type: 'watch', kernel: 'k' }]);
    expect(received).toEqual([{ type: 'snapshot' }]);
    expect(states).toEqual(['connecting', 'open']);
    link.connect();
    expect(Socket.all).toHaveLength(1);
  });

  it('tries again after a loss, at growing distances, and greets again', async () => {
    link.connect();
    last().onopen();
    last().onclose();
    await wait(0.9);
    expect(Socket.all).toHaveLength(1);
    await wait(0.2);
    expect(Socket.all).toHaveLength(2);
    last().onclose();
    await wait(1.9);
    expect(Socket.all).toHaveLength(2);
    await wait(0.2);
    expect(Socket.all).toHaveLength(3);
    link.greeting = () => [{ type: 'visible', visible: true }];
    last().onopen();
    expect(last().sent).toEqual([{ type: 'visible', visible: true }]);
    expect(states).toEqual(['connecting', 'open', 'lost', 'open']);
  });

  it('says that the extension is missing, and stops', async () => {
    status = 404;
    link.connect();
    last().onclose();
    await wait(600);
    expect(states).toEqual(['connecting', 'lost', 'missing']);
    expect(Socket.all).toHaveLength(1);
  });

  it('stops when the server is gone for good, and tries again when asked', async () => {
    status = null;
    link.connect();
    last().onopen();
    for (let minute = 0; minute < 15; minute++) {
      Socket.all
        .filter(socket => !socket.isClosed)
        .at(-1)
        ?.onclose();
      await wait(60);
    }
    expect(link.state).toBe('gone');
    const tried = Socket.all.length;
    await wait(3600);
    expect(Socket.all).toHaveLength(tried);
    link.connect();
    expect(Socket.all).toHaveLength(tried + 1);
    last().onopen();
    expect(link.state).toBe('open');
  });

  it('asks ever less often what takes connections and closes them again, and gives up', async () => {
    link.connect();
    for (let second = 0; second < 3600; second++) {
      if (!last().isClosed) {
        last().onopen();
        last().onclose();
        last().isClosed = true;
      }
      await wait(1);
    }
    expect(link.state).toBe('gone');
    expect(Socket.all.length).toBeLessThan(40);
  });

  it('goes on after a 404 in passing, once it was there', async () => {
    link.connect();
    last().onopen();
    last().onmessage({ data: '{}' });
    status = 404;
    last().onclose();
    await wait(2);
    last().onopen();
    expect([Socket.all.length, link.state]).toEqual([2, 'open']);
  });

  it('does not wait for a connection that hangs, nor keeps one beside another', async () => {
    link.connect();
    link.connect();
    expect(Socket.all.map(({ isClosed }) => isClosed)).toEqual([true, false]);
    await wait(22);
    expect(Socket.all.map(({ isClosed }) => isClosed)).toEqual([true, true, false]);
    expect(states).toEqual(['connecting', 'lost']);
    Socket.all[1]?.onopen(); // too late
    expect(link.state).toBe('lost');
  });

  it('makes one connection where two losses are looked into at once', async () => {
    link.connect();
    last().onclose();
    link.connect();
    last().onclose();
    await wait(1.1);
    expect(Socket.all).toHaveLength(3);
    link.dispose();
    expect(last().isClosed).toBe(true);
  });

  it('says nothing without a connection, and nothing more once disposed', async () => {
    link.send({ type: 'watch', kernel: 'k' });
    link.connect();
    link.send({ type: 'watch', kernel: 'k' });
    expect(last().sent).toEqual([]);
    last().onclose();
    link.dispose();
    await wait(60);
    link.connect();
    expect(Socket.all).toHaveLength(1);
  });
});

describe('pause', () => {
  it('doubles up to half a minute, spread by a quarter to each side', () => {
    expect([1, 2, 3, 4, 5, 6, 99].map(failures => pause(failures, 0, 0.5))).toEqual([1, 2, 4, 8, 16, 30, 30]);
    expect([pause(1, 0, 0), pause(1, 0, 0.999)]).toEqual([0.75, expect.closeTo(1.25, 2)]);
    expect(pause(3, GIVE_UP_S, 0.5)).toBeNull();
  });
});
