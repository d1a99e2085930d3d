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

  /** Connect now, whatever was tried before; nothing if there is a connection. */
  connect(): void {
    if (!this._isDisposed && !this._socket) {
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
    clearTimeout(this._timer);
    const socket = this._socket;
    this._socket = null;
    socket?.close();
    Signal.clearData(this);
  }

  private _open(): void {
    clearTimeout(this._timer);
    this._set(this._failures ? 'lost' : 'connecting');
    const { wsUrl, token, appendToken, WebSocket } = this._settings;
    const url = new URL(below(wsUrl, ROUTE));
    if (appendToken && token) {
      url.searchParams.set('token', token);
    }
    const socket = new WebSocket(url.href);
    this._socket = socket;
    socket.onopen = () => {
      this._failures = 0;
      this._set('open');
      this.greeting().forEach(frame => {
        this.send(frame);
      });
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data === 'string') {
        this._received.emit(JSON.parse(data));
      }
    };
    socket.onclose = () => {
      if (this._socket === socket) {
        this._socket = null;
        void this._lost();
      }
    };
  }

  // A refused handshake tells a page nothing of its status; a plain request to the same route does.
  private async _lost(): Promise<void> {
    this._lostAt = this._state === 'open' ? Date.now() : this._lostAt;
    this._failures++;
    this._set('lost');
    const missing = await this._isMissing();
    if (this._isDisposed || this._socket) {
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
  private _failures = 0;
  private _lostAt = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;
  private readonly _stateChanged = new Signal<this, LinkState>(this);
  private readonly _received = new Signal<this, unknown>(this);
}
