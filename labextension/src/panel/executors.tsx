// The executors' table: only the rows in sight are in the document. One stop of the Tab key; arrows walk its rows,
// Enter opens one. Which columns are shown is a matter of width, and so of the style sheet.

import React from 'react';
import { IKernel } from '../feed/types';
import { Column, IOrder, IRow, reordered, rows } from '../model/executors';
import { rowAfterKey, scrollTo, windowOf } from '../model/windowing';
import { columnHint, columnTitle, countsLine, noneText } from '../texts/executors';
import { Details } from './details';
import { Head, IDraw } from './parts';
import { COLUMNS, HEAD_HEIGHT, ROW_HEIGHT, Row, rowId } from './row';

interface IProps {
  readonly draw: IDraw;
  readonly kernel: IKernel;
}

export function Executors({ draw, kernel }: IProps): React.ReactElement {
  const { trans, now } = draw;
  const [order, setOrder] = React.useState<IOrder>({ column: 'id', descending: false });
  const [active, setActive] = React.useState<string | null>(null);
  const [open, setOpen] = React.useState<string | null>(null);
  const table = React.useRef<HTMLDivElement>(null);
  const seen = useSeen(table);

  // Scrolling draws often and changes none of these.
  const all = React.useMemo(() => rows(kernel, order, now), [kernel, order, now]);
  const { heightOf, measured } = useReasons(seen.width);
  const heights = React.useMemo(() => all.map(heightOf), [all, heightOf]);
  const drawn = windowOf(heights, seen.top, seen.height);
  const index = all.findIndex(({ id }) => id === active);
  const opened = all.find(({ id }) => id === open);
  const toggle = React.useCallback((id: string): void => {
    setActive(id);
    setOpen(last => (last === id ? null : id));
  }, []);
  const walk = (event: React.KeyboardEvent): void => {
    // Keys on the buttons of the heads are theirs.
    if (event.target !== event.currentTarget) {
      return;
    }
    const next = rowAfterKey(event.key, index, all.length, 10);
    if (next !== null) {
      setActive(all[next]?.id ?? null);
      if (table.current) {
        table.current.scrollTop = scrollTo(heights, next, seen.top, seen.height);
      }
    } else if ((event.key === 'Enter' || event.key === ' ') && active !== null && index >= 0) {
      toggle(active);
    } else if (event.key === 'Escape' && open !== null) {
      setOpen(null);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <section className="jp-SparkPanel-executors" aria-label={trans.__('Executors')}>
      <Head title={trans.__('Executors')} remark={countsLine(kernel.counts, trans)} />
      {all.length === 0 ? (
        <p className="jp-SparkPanel-empty">{noneText(kernel.counts, trans)}</p>
      ) : (
        <div className="jp-SparkPanel-grid">
          <div
            role="grid"
            tabIndex={0}
            aria-label={trans.__('Executors')}
            aria-rowcount={all.length + 1}
            ref={table}
            onScroll={seen.measure}
            aria-activedescendant={index >= drawn.first && index < drawn.last && active ? rowId(active) : undefined}
            onKeyDown={walk}
          >
            <Heads draw={draw} order={order} onOrder={setOrder} />
            <div className="jp-SparkPanel-rows" role="rowgroup" style={{ height: drawn.total }}>
              <div style={{ transform: `translateY(${drawn.before}px)` }} role="presentation">
                {all.slice(drawn.first, drawn.last).map((row: IRow, offset) => (
                  <Row
                    key={row.id}
                    draw={draw}
                    row={row}
                    index={drawn.first + offset}
                    height={heights[drawn.first + offset] ?? 0}
                    isActive={row.id === active}
                    isOpen={row.id === open}
                    onToggle={toggle}
                    onMeasure={measured}
                  />
                ))}
              </div>
            </div>
          </div>
        </div>
      )}
      {opened && <Details draw={draw} row={opened} />}
    </section>
  );
}

function Heads(props: {
  readonly draw: IDraw;
  readonly order: IOrder;
  readonly onOrder: (order: IOrder) => void;
}): React.ReactElement {
  const { draw, order, onOrder } = props;
  const sorted = (column: Column): 'ascending' | 'descending' | 'none' =>
    order.column !== column ? 'none' : order.descending ? 'descending' : 'ascending';
  return (
    <div role="rowgroup">
      <div role="row" aria-rowindex={1} className="jp-SparkPanel-row jp-mod-heads">
        {COLUMNS.map(column => (
          <div key={column} role="columnheader" data-column={column} aria-sort={sorted(column)}>
            <button
              title={columnHint(column, draw.trans)}
              onClick={() => {
                onOrder(reordered(order, column));
              }}
            >
              {columnTitle(column, draw.trans)}
              {order.column === column && <span aria-hidden="true">{order.descending ? ' ↓' : ' ↑'}</span>}
            </button>
          </div>
        ))}
      </div>
    </div>
  );
}

interface IReasons {
  readonly heightOf: (row: IRow) => number;
  readonly measured: (reason: string, height: number) => void;
}

/** Heights of rows: a reason's is what it took when it was drawn, and a guess from its length before that. */
function useReasons(width: number): IReasons {
  const [known, setKnown] = React.useState<Readonly<Record<string, number>>>({});
  const heightOf = React.useCallback(
    ({ reason }: IRow) => {
      const guess = 20 * Math.ceil(((reason?.length ?? 0) * 6) / Math.max(100, width - 44));
      return ROW_HEIGHT + (reason ? (known[`${width} ${reason}`] ?? guess) : 0);
    },
    [known, width]
  );
  const measured = React.useCallback(
    (reason: string, height: number) => {
      const key = `${width} ${reason}`;
      setKnown(last => (last[key] === height ? last : { ...last, [key]: height }));
    },
    [width]
  );
  return { heightOf, measured };
}

interface ISeen {
  readonly top: number;
  readonly height: number;
  readonly width: number;
  readonly measure: () => void;
}

/** What is seen of a scrolled element: read when it is scrolled or gets another size. */
function useSeen(element: React.RefObject<HTMLElement>): ISeen {
  // Before the first measurement a screen's worth of rows is drawn.
  const [seen, setSeen] = React.useState({ top: 0, height: 600, width: 300 });
  const measure = React.useCallback(() => {
    const node = element.current;
    if (node && node.clientHeight > 0) {
      const next = { top: node.scrollTop, height: node.clientHeight - HEAD_HEIGHT, width: node.clientWidth };
      setSeen(last => (JSON.stringify(last) === JSON.stringify(next) ? last : next));
    }
  }, [element]);
  const there = element.current !== null;
  React.useLayoutEffect(() => {
    measure();
    const observer = new ResizeObserver(measure);
    if (element.current) {
      observer.observe(element.current);
    }
    return () => {
      observer.disconnect();
    };
  }, [element, measure, there]);
  return { ...seen, measure };
}
