// The websocket to the server's feed: made, kept, made again after a loss, and given up when the server is gone for good.
// What the frames mean is the store's; who is watched is the watcher's.

import { ServerConnection } from '@jupyterlab/services';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { pause } from './backoff';
import { IDismiss, IVisible, IWatch } from './types';
import { below } from './url';

/** `missing`: the server has no such route; `lost`: it will be tried again; `gone`: it will not, until someone asks. */
export type LinkState = 'idle' | 'connecting' | 'open' | 'lost' | 'missing' | 'gone';

const ROUTE = 'sparkk8s/api/feed';
/** A connection that has not come about by then will not, milliseconds: a network that drops packets tells nothing. */
const OPEN_MS = 20_000;

export class FeedLink implements IDisposable {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  /** Emitted when the state has changed. */
  get stateChanged(): ISignal<this, LinkState> {
    return this._stateChanged;
  }

  /** Emitted with each frame of the server, parsed. */
  get received(): ISignal<this, unknown> {
    return this._received;
  }

  get state(): LinkState {
    return this._state;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Connect now, whatever was tried before or is being tried; nothing if there is a connection. */
  connect(): void {
    if (!this._isDisposed && this._state !== 'open') {
      this._drop();
      this._failures = 0;
      this._lostAt = Date.now();
      this._open();
    }
  }

  /** Send a frame if there is a connection; a new one begins with what `greeting` gives. */
  send(frame: IWatch | IVisible | IDismiss): void {
    if (this._state === 'open') {
      this._socket?.send(JSON.stringify(frame));
    }
  }

  /** What a new connection says first. */
  greeting: () => readonly (IWatch | IVisible)[] = () => [];

  dispose(): void {
    this._isDisposed = true;
    this._drop();
    Signal.clearData(this);
  }

  // Nothing of it is heard any more, and what waits for another attempt is over.
  private _drop(): void {
    clearTimeout(this._timer);
    this._attempt++;
    const socket = this._socket;
    this._socket = null;
    socket?.close();
  }

  private _open(): void {
    this._set(this._failures ? 'lost' : 'connecting');
    const { wsUrl, token, appendToken, WebSocket } = this._settings;
    const url = new URL(below(wsUrl, ROUTE));
    if (appendToken && token) {
      url.searchParams.set('token', token);
    }
    const socket = new WebSocket(url.href);
    this._socket = socket;
    const lose = (): void => {
      if (this._socket === socket) {
        this._drop();
        void this._lost();
      }
    };
    this._timer = setTimeout(lose, OPEN_MS);
    socket.onopen = () => {
      if (this._socket !== socket) {
        return;
      }
      clearTimeout(this._timer);
      this._set('open');
      this.greeting().forEach(frame => {
        this.send(frame);
      });
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data === 'string' && this._socket === socket) {
        // Only now: what takes connections and closes them again must not be asked each second for ever.
        this._failures = 0;
        this._isHeard = this._wasHeard = true;
        this._received.emit(JSON.parse(data));
      }
    };
    socket.onclose = lose;
  }

  // A refused handshake tells a page nothing of its status; a plain request to the same route does.
  private async _lost(): Promise<void> {
    this._lostAt = this._isHeard ? Date.now() : this._lostAt;
    this._isHeard = false;
    this._failures++;
    this._set('lost');
    const attempt = this._attempt;
    // What has been there comes back: a proxy may say 404 while its server is started again.
    const missing = !this._wasHeard && (await this._isMissing());
    if (this._isDisposed || this._attempt !== attempt) {
      return;
    }
    const wait = missing ? null : pause(this._failures, (Date.now() - this._lostAt) / 1000, Math.random());
    if (wait === null) {
      this._set(missing ? 'missing' : 'gone');
      return;
    }
    this._timer = setTimeout(() => {
      this._open();
    }, wait * 1000);
  }

  private async _isMissing(): Promise<boolean> {
    try {
      const url = below(this._settings.baseUrl, ROUTE);
      return (await ServerConnection.makeRequest(url, {}, this._settings)).status === 404;
    } catch {
      return false; // no answer at all: the server is away, or asks for a login
    }
  }

  private _set(state: LinkState): void {
    if (this._state !== state && !this._isDisposed) {
      this._state = state;
      this._stateChanged.emit(state);
    }
  }

  private _socket: WebSocket | null = null;
  private _state: LinkState = 'idle';
  private _attempt = 0;
  private _failures = 0;
  private _isHeard = false;
  private _wasHeard = false;
  private _lostAt = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;
  private readonly _stateChanged = new Signal<this, LinkState>(this);
  private readonly _received = new Signal<this, unknown>(this);
}
