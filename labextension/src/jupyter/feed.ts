// Brings the feed to the model: opens it once there are Spark kernels to hear of, and tells the server what is looked at.

import { DisposableDelegate, IDisposable } from '@lumino/disposable';
import { FeedLink } from '../feed/link';
import { after, IStored } from '../feed/store';
import { PanelModel } from '../model/model';

/** Connects `link` and `model` until disposed. `seen` says whether the panel is on the screen, apart from its page. */
export class FeedWatch implements IDisposable {
  constructor(
    private readonly _link: FeedLink,
    private readonly _model: PanelModel
  ) {
    _link.greeting = () => [
      { type: 'visible', visible: this._isVisible },
      { type: 'watch', kernel: this._watched }
    ];
    _link.received.connect(this._receive);
    _link.stateChanged.connect(this._turn);
    _model.changed.connect(this._tell);
    document.addEventListener('visibilitychange', this._look);
    this._end = new DisposableDelegate(() => {
      _link.received.disconnect(this._receive);
      _link.stateChanged.disconnect(this._turn);
      _model.changed.disconnect(this._tell);
      document.removeEventListener('visibilitychange', this._look);
      _link.dispose();
    });
    this._tell();
  }

  /** Whether the panel is on the screen. */
  set seen(seen: boolean) {
    this._seen = seen;
    this._look();
  }

  /** Called with what was known before each frame and after it. */
  onFrame: (before: IStored, now: IStored) => void = () => undefined;

  get isDisposed(): boolean {
    return this._end.isDisposed;
  }

  dispose(): void {
    this._end.dispose();
  }

  private get _watched(): string | null {
    const view = this._model.view;
    return view.kind === 'kernel' ? view.id : null;
  }

  private readonly _receive = (_: FeedLink, frame: unknown): void => {
    const before = this._model.stored;
    const now = after(before, frame, Date.now() / 1000);
    this._model.stored = now;
    this._model.link = this._link.state;
    this.onFrame(before, now);
  };

  private readonly _turn = (): void => {
    this._told = this._watched; // a new connection's greeting has said it
    // Open counts from the first frame on: until then nothing is known, or what was before.
    this._model.link = this._link.state === 'open' ? 'connecting' : this._link.state;
  };

  private readonly _tell = (): void => {
    if (this._model.kernels.length > 0 && this._link.state === 'idle') {
      this._link.connect();
    }
    if (this._watched !== this._told) {
      this._told = this._watched;
      this._link.send({ type: 'watch', kernel: this._told });
    }
  };

  private readonly _look = (): void => {
    const visible = this._seen && !document.hidden;
    // Whoever comes back to a page whose server was gone wants to see whether it is there again.
    if (visible && this._link.state === 'gone') {
      this._link.connect();
    }
    if (visible !== this._isVisible) {
      this._isVisible = visible;
      this._link.send({ type: 'visible', visible });
    }
  };

  private _seen = false;
  private _isVisible = false;
  private _told: string | null = null;
  private readonly _end: IDisposable;
}
