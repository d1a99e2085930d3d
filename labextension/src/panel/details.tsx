// What there is to know of one executor, below the table: all its values, why it waits or failed, the end of its log.

import React from 'react';
import { IRow, isThere } from '../model/executors';
import { age, data, memoryOf, percent } from '../model/format';
import { executorState } from '../texts/executors';
import { IDraw } from './parts';

export function Details({ draw, row }: { readonly draw: IDraw; readonly row: IRow }): React.ReactElement {
  const { trans } = draw;
  const { executor, id } = row;
  const node = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    node.current?.scrollIntoView({ block: 'nearest' });
  }, [id]);
  const { shuffle_read: read, shuffle_write: written, memory_used: used, memory_total: total } = executor;
  const values: readonly [string, string | undefined][] = [
    [trans.__('State'), executorState(executor.state, trans)],
    [trans.__('Pod'), executor.pod],
    [trans.__('Node'), executor.node],
    [trans.__('Tasks'), tasksOf(row, draw)],
    [trans.__('Memory'), used !== undefined && total ? memoryOf(used, total) : undefined],
    [trans.__('GC'), executor.gc_share === undefined ? undefined : percent(executor.gc_share)],
    [
      trans.__('Shuffle'),
      read || written ? trans.__('%1 read, %2 written', data(read ?? 0), data(written ?? 0)) : undefined
    ],
    [trans.__('Age'), row.age === null ? undefined : age(row.age)]
  ];
  return (
    <div ref={node} className="jp-SparkPanel-details" role="group" aria-label={trans.__('Executor %1', id)}>
      <h4>{trans.__('Executor %1', id)}</h4>
      {executor.reason && <p>{executor.reason}</p>}
      {executor.said && <p className="jp-SparkPanel-said">{executor.said}</p>}
      <dl>
        {values.map(([name, value]) =>
          value ? (
            <React.Fragment key={name}>
              <dt>{name}</dt>
              <dd title={value}>{value}</dd>
            </React.Fragment>
          ) : null
        )}
      </dl>
      {executor.log && executor.log.length > 0 && (
        <>
          <h5>{trans.__('The end of its log')}</h5>
          <pre tabIndex={0} aria-label={trans.__('The end of its log')}>
            {executor.log.join('\n')}
          </pre>
        </>
      )}
    </div>
  );
}

function tasksOf({ executor }: IRow, { trans }: IDraw): string | undefined {
  const { tasks_active: active, tasks_done: done, tasks_failed: failed, cores } = executor;
  if (done === undefined) {
    return undefined;
  }
  return isThere(executor)
    ? trans.__('%1 of %2 slots busy, %3 done, %4 failed', active ?? 0, cores ?? 0, done, failed ?? 0)
    : trans.__('%1 done, %2 failed', done, failed ?? 0);
}
