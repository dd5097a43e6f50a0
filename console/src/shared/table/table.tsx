import { ArrowDown, ArrowUp, Download } from "lucide-react"
import { memo, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react"
import { cx } from "@/shared/classes.ts"
import { csv, download } from "@/shared/format/csv.ts"
import { Button } from "@/shared/parts/button.tsx"
import { SelectField } from "@/shared/parts/field.tsx"
import { Menu } from "@/shared/parts/menu.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { words } from "@/shared/strings.ts"
import { nextSort, type Sort, sorted, sortOf, sortText } from "@/shared/table/sorting.ts"

export type Column<Row> = {
  id: string
  head: string
  cell: (row: Row) => ReactNode
  /** What is sorted by and exported; without it the column does neither. */
  value?: (row: Row) => unknown
  align?: "right"
  /** Left out of the card that a row becomes on a phone. */
  deskOnly?: boolean
}

type Props<Row> = {
  label: string
  rows: readonly Row[]
  columns: readonly Column<Row>[]
  rowKey: (row: Row) => string
  onOpen?: (row: Row) => void
  /** Sorts what is loaded; give both to keep it in the URL. */
  sort?: Sort
  onSort?: (sort: Sort) => void
  hasMore?: boolean
  onMore?: () => void
  loadingMore?: boolean
  /** Names the CSV file. */
  file: string
  /** Loads every row, for the CSV of everything. */
  loadAll?: () => Promise<readonly Row[]>
  /** Instead of `loadAll`, for long lists: hands the browser the gateway's own file of every row. */
  saveAll?: () => Promise<void>
  toolbar?: ReactNode
}

/** Rows of anything. The first column names the row: on a phone it heads the row's card. */
export function Table<Row>(props: Props<Row>) {
  const { label, rows, columns, rowKey, onOpen, toolbar } = props
  const [own, setOwn] = useState<Sort>(null)
  const sort = props.onSort ? (props.sort ?? null) : own
  const setSort = props.onSort ?? setOwn
  const by = columns.find((column) => column.id === sort?.by)?.value
  const isDown = sort?.down ?? false
  const shown = useMemo(() => (by ? sorted(rows, by, isDown) : rows), [rows, by, isDown])
  const open = useLatest(onOpen)
  return (
    <div className="min-w-0">
      <div className="mb-2 flex flex-wrap items-center justify-end gap-2">
        {toolbar && <div className="flex min-w-0 flex-1 flex-wrap items-center gap-2 max-md:basis-full max-md:*:flex-1">{toolbar}</div>}
        <SortOnPhone columns={columns} sort={sort} onSort={setSort} />
        <span className="text-sm text-quiet">{props.hasMore ? words.rowsMore(rows.length) : words.rows(rows.length)}</span>
        <Export {...props} rows={shown} />
      </div>
      <div className="overflow-x-auto rounded-xl border bg-card shadow-lift max-md:border-0 max-md:bg-transparent max-md:shadow-none" tabIndex={0} role="region" aria-label={label}>
        <table className="w-full border-collapse text-sm max-md:block">
          <caption className="sr-only">{label}</caption>
          <thead className="max-md:hidden">
            <tr className="border-b bg-panel text-left">
              {columns.map((column) => <Head key={column.id} column={column} sort={sort} onSort={setSort} />)}
            </tr>
          </thead>
          <tbody className="max-md:grid max-md:gap-2">
            {shown.map((row) => <Line key={rowKey(row)} row={row} columns={columns} onOpen={onOpen ? open : undefined} />)}
          </tbody>
        </table>
      </div>
      {props.hasMore && (
        <div className="mt-3 text-center"><Button busy={props.loadingMore ?? false} onClick={props.onMore}>{words.loadMore}</Button></div>
      )}
    </div>
  )
}

/** On a phone the heads are beside their values, and what is sorted by is chosen here. */
function SortOnPhone<Row>({ columns, sort, onSort }: { columns: readonly Column<Row>[]; sort: Sort; onSort: (sort: Sort) => void }) {
  const sortable = columns.filter((column) => column.value)
  if (sortable.length === 0) return null
  const choices = sortable.flatMap((column) => [column.id, `-${column.id}`].map((value) => ({ value, label: `${column.head} ${value.startsWith("-") ? "↓" : "↑"}` })))
  return (
    <div className="mr-auto md:hidden">
      <SelectField label={words.sortBy} hideLabel choices={[{ value: "", label: words.sortBy }, ...choices]} value={sortText(sort) ?? ""} onChange={(event) => onSort(sortOf(event.target.value))} />
    </div>
  )
}

function Head<Row>({ column, sort, onSort }: { column: Column<Row>; sort: Sort; onSort: (sort: Sort) => void }) {
  const mine = sort?.by === column.id ? sort : null
  if (column.head === "") return <td />
  const order = mine ? (mine.down ? "descending" : "ascending") : undefined
  return (
    <th scope="col" aria-sort={order} className={cx("px-3 py-0.5 font-medium whitespace-nowrap text-quiet", column.align === "right" && "text-right")}>
      {column.value ? (
        <button type="button" className="inline-flex min-h-8 items-center gap-1 hover:text-text" onClick={() => onSort(nextSort(sort, column.id))}>
          {column.head}
          {mine && (mine.down ? <ArrowDown size={13} aria-label={words.sortedDown} /> : <ArrowUp size={13} aria-label={words.sortedUp} />)}
        </button>
      ) : (
        column.head
      )}
    </th>
  )
}

/** The same function for ever, which does what the newest one does: rows are not drawn anew for it. */
function useLatest<Row>(onOpen: ((row: Row) => void) | undefined): (row: Row) => void {
  const newest = useRef(onOpen)
  useEffect(() => { newest.current = onOpen })
  return useCallback((row: Row) => newest.current?.(row), [])
}

const Line = memo(PlainLine) as typeof PlainLine

function PlainLine<Row>({ row, columns, onOpen }: { row: Row; columns: readonly Column<Row>[]; onOpen: ((row: Row) => void) | undefined }) {
  return (
    <tr
      onClick={onOpen && ((event) => { if (!(event.target as Element).closest("button,a,input,select")) onOpen(row) })}
      className={cx(
        "border-b last:border-b-0 max-md:grid max-md:gap-1 max-md:rounded-xl max-md:border max-md:bg-card max-md:p-3 max-md:shadow-lift",
        onOpen && "cursor-pointer hover:bg-soft",
      )}
    >
      {columns.map((column, place) => (
        <td
          key={column.id}
          data-head={column.head}
          className={cx(
            "px-3 py-2 align-middle max-md:flex max-md:min-h-6 max-md:items-center max-md:justify-between max-md:gap-4 max-md:p-0",
            place > 0 && "max-md:before:shrink-0 max-md:before:text-quiet max-md:before:content-[attr(data-head)]",
            place === 0 && "max-md:pb-1 max-md:text-base max-md:font-semibold",
            column.align === "right" && "md:text-right",
            column.deskOnly && "max-md:hidden",
          )}
        >
          {place === 0 && onOpen ? (
            <button type="button" className="text-left font-medium text-text underline-offset-2 hover:underline max-md:min-h-11 max-md:grow" onClick={() => onOpen(row)}>{column.cell(row)}</button>
          ) : (
            column.cell(row)
          )}
        </td>
      ))}
    </tr>
  )
}

function Export<Row>({ rows, columns, file, loadAll, saveAll, hasMore }: Props<Row>) {
  const [busy, setBusy] = useState(false)
  const kept = columns.flatMap((column) => (column.value ? [{ head: column.head, value: column.value }] : []))
  const write = (all: readonly Row[]) => download(`${file}.csv`, csv(all, kept))
  const hasMenu = hasMore && (loadAll ?? saveAll) !== undefined
  const button = (
    <Button kind="quiet" busy={busy} icon={<Download size={15} />} {...(hasMenu ? {} : { onClick: () => write(rows) })}>{words.exportCsv}</Button>
  )
  if (!hasMenu) return button
  const everything = () => {
    setBusy(true)
    const done = saveAll ? saveAll() : loadAll?.().then(write)
    void done?.catch((why: unknown) => notify(why instanceof Error ? why.message : String(why), { tone: "bad" })).finally(() => setBusy(false))
  }
  return <Menu trigger={button} items={[{ id: "shown", label: words.exportShown, onSelect: () => write(rows) }, { id: "all", label: words.exportAll, onSelect: everything }]} />
}
