// One row of the executors' table, with the reason below it where there is one.

import { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import { IExecutor } from '../feed/types';
import { Column, IRow, isThere, memoryShare, NEARLY_FULL } from '../model/executors';
import { age, data, memoryOf, NONE, percent } from '../model/format';
import { executorState } from '../texts/executors';
import { IDraw, Mark, MarkKind, MeterBar } from './parts';

/** In the order in which they stand. */
export const COLUMNS: readonly Column[] = ['id', 'state', 'node', 'tasks', 'memory', 'gc', 'shuffle', 'failed', 'age'];

/** Pixels of a row without a reason, and of the heads above the rows; the style sheet has the same. */
export const ROW_HEIGHT = 24;
export const HEAD_HEIGHT = 21;

/** The id of a row's element. */
export function rowId(executor: string): string {
  return `sparkk8s-executor-${executor}`;
}

interface IProps {
  readonly draw: IDraw;
  readonly row: IRow;
  /** From 0. */
  readonly index: number;
  readonly height: number;
  readonly isActive: boolean;
  readonly isOpen: boolean;
  readonly onToggle: (id: string) => void;
  readonly onMeasure: (reason: string, height: number) => void;
}

export const Row = React.memo(function Row({
  draw,
  row,
  index,
  height,
  isActive,
  isOpen,
  onToggle,
  onMeasure
}: IProps): React.ReactElement {
  const below = React.useRef<HTMLDivElement>(null);
  React.useLayoutEffect(() => {
    if (row.reason && below.current?.offsetHeight) {
      onMeasure(row.reason, below.current.offsetHeight);
    }
  });
  return (
    <div
      id={rowId(row.id)}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isOpen}
      data-active={isActive}
      data-state={row.executor.state}
      style={{ height }}
      onClick={() => {
        onToggle(row.id);
      }}
    >
      <div className="jp-SparkPanel-row" role="presentation">
        {COLUMNS.map(column => (
          <div key={column} role="gridcell" data-column={column}>
            <Cell column={column} row={row} trans={draw.trans} />
          </div>
        ))}
      </div>
      {row.reason && (
        <div className="jp-SparkPanel-reason" role="gridcell" ref={below}>
          {row.reason}
        </div>
      )}
    </div>
  );
});

interface ICell {
  readonly column: Column;
  readonly row: IRow;
  readonly trans: TranslationBundle;
}

function Cell({ column, row, trans }: ICell): React.ReactElement {
  const { executor } = row;
  const isHere = isThere(executor);
  switch (column) {
    case 'id':
      return (
        <>
          <Mark kind={markOf(executor)} name={executorState(executor.state, trans)} />
          <span title={row.id}>{shortId(row.id)}</span>
        </>
      );
    case 'state':
      return <>{executorState(executor.state, trans)}</>;
    case 'node':
      return <span title={executor.node}>{executor.node ?? NONE}</span>;
    case 'tasks':
      return <>{isHere ? (executor.tasks_active ?? NONE) : NONE}</>;
    case 'memory':
      return isHere ? <Memory executor={executor} /> : <Absent state={executorState(executor.state, trans)} />;
    case 'gc':
      return <>{executor.gc_share === undefined ? NONE : percent(executor.gc_share)}</>;
    case 'shuffle':
      return <>{shuffle(executor)}</>;
    case 'failed':
      return <>{executor.tasks_failed ?? NONE}</>;
    case 'age':
      return <Age seconds={row.age} />;
  }
}

/** In a panel too narrow for the column of states theirs stands where others have their memory. */
function Absent({ state }: { readonly state: string }): React.ReactElement {
  return (
    <>
      <span data-shown="narrow">{state}</span>
      <span data-shown="wide">{NONE}</span>
    </>
  );
}

function Memory({ executor }: { readonly executor: IExecutor }): React.ReactElement {
  const share = memoryShare(executor);
  if (share === null) {
    return <>{NONE}</>;
  }
  const text = memoryOf(executor.memory_used ?? 0, executor.memory_total ?? 0);
  // The bar has the figures as its name and its hint; where there is room they stand above it.
  return (
    <span className="jp-SparkPanel-memory" title={text}>
      <span aria-hidden="true">{text}</span>
      <MeterBar share={share} high={share >= NEARLY_FULL} name={text} />
    </span>
  );
}

// In a narrow panel the end of a long one is cut.
function Age({ seconds }: { readonly seconds: number | null }): React.ReactElement {
  const text = seconds === null ? NONE : age(seconds);
  return <span title={text}>{text}</span>;
}

function shuffle({ shuffle_read: read, shuffle_write: written }: IExecutor): string {
  return read || written ? `${data(read ?? 0)} / ${data(written ?? 0)}` : NONE;
}

// A pod's name, where there is no number yet: the end tells one from another.
function shortId(id: string): string {
  return id.length > 8 ? (/exec-\d+$/.exec(id)?.[0] ?? `…${id.slice(-5)}`) : id;
}

function markOf({ state, tasks_active: tasks }: IExecutor): MarkKind {
  switch (state) {
    case 'running':
      return tasks ? 'busy' : 'idle';
    case 'pending':
    case 'starting':
      return 'wait';
    case 'failed':
    case 'excluded':
      return 'bad';
    case 'lost':
    case 'ended':
      return 'gone';
  }
}
