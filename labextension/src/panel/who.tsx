// Whose Spark this is, what it does now, and the list of all kernels to choose another from.

import React from 'react';
import { IKernel } from '../feed/types';
import { glance, State } from '../model/glance';
import { sentence } from '../texts/glance';
import { IDraw, Mark, MarkKind } from './parts';

const MARKS: Record<State, MarkKind> = {
  starting: 'wait',
  idle: 'idle',
  running: 'busy',
  waiting: 'wait',
  trouble: 'bad',
  stopped: 'idle',
  dead: 'gone',
  unknown: 'wait'
};

interface IProps {
  readonly draw: IDraw;
  /** The kernel shown, or null where there is none. */
  readonly id: string | null;
}

export function Who({ draw, id }: IProps): React.ReactElement | null {
  const { model, trans } = draw;
  const [open, setOpen] = React.useState(false);
  const button = React.useRef<HTMLButtonElement>(null);
  const kernels = model.stored.kernels ?? {};
  const kernel = id === null ? undefined : kernels[id];
  const others = Object.keys(kernels).some(other => other !== id);
  if (!kernel && !others) {
    return null;
  }
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  const choose = (chosen: string | null): void => {
    close();
    model.chosen = chosen;
  };
  return (
    <section
      className="jp-SparkPanel-who"
      aria-label={trans.__('Kernel')}
      onKeyDown={event => {
        if (event.key === 'Escape' && open) {
          close();
        }
      }}
    >
      <div>
        {kernel ? <Line draw={draw} id={id ?? ''} kernel={kernel} /> : <span />}
        {(others || model.chosen !== null) && (
          <button
            ref={button}
            className="jp-mod-styled"
            aria-expanded={open}
            aria-label={trans.__('All Spark kernels')}
            onClick={() => {
              setOpen(!open);
            }}
          >
            {trans.__('All')} <span aria-hidden="true">{open ? '▴' : '▾'}</span>
          </button>
        )}
      </div>
      {open && (
        <ul>
          {model.chosen !== null && (
            <li>
              <button
                onClick={() => {
                  choose(null);
                }}
              >
                {trans.__('Follow the notebook in front')}
              </button>
            </li>
          )}
          {Object.entries(kernels).map(([other, value]) => (
            <li key={other}>
              <button
                aria-current={other === id}
                onClick={() => {
                  choose(other);
                }}
              >
                <Line draw={draw} id={other} kernel={value} />
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

interface ILine {
  readonly draw: IDraw;
  readonly id: string;
  readonly kernel: IKernel;
}

function Line({ draw, id, kernel }: ILine): React.ReactElement {
  const { model, trans, now } = draw;
  const seen = glance(kernel, model.fresh);
  const name = model.nameOf(id, kernel.notebook) || trans.__('Kernel without a notebook');
  return (
    <span className="jp-SparkPanel-line">
      <Mark kind={MARKS[seen.state]} />
      <span>
        <b title={name}>{name}</b>
        <span>{sentence(seen, kernel, now, trans)}</span>
      </span>
    </span>
  );
}
