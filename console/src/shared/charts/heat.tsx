import { ChartFrame } from "@/shared/charts/frame.tsx"
import { number } from "@/shared/format/numbers.ts"

const CELL = 18
const GAP = 3
const LEFT = 40
const TOP = 16
const FAINTEST = 0.08

/** Rows by columns, the fuller the more: the hours of the week, say. `values[row][column]`. */
export function HeatMap({ label, rows, columns, values, format = (value) => number(value, true) }: { label: string; rows: readonly string[]; columns: readonly string[]; values: ReadonlyArray<readonly number[]>; format?: (value: number) => string }) {
  const most = Math.max(0, ...values.flat()) || 1
  const width = LEFT + columns.length * (CELL + GAP)
  const height = TOP + rows.length * (CELL + GAP)
  const step = columns.length > 12 ? 3 : 1
  const figures = { heads: ["", ...columns], rows: rows.map((row, place) => [row, ...(values[place] ?? []).map(format)]) }
  return (
    <ChartFrame label={label} figures={figures}>
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
        <svg role="img" aria-label={label} viewBox={`0 0 ${width} ${height}`} className="block w-full min-w-[30rem]">
          {columns.map((column, place) => place % step === 0 && <text key={column} x={LEFT + place * (CELL + GAP) + CELL / 2} y={10} textAnchor="middle" fontSize="9.5" fill="var(--quiet)">{column}</text>)}
          {rows.map((row, line) => (
            <g key={row}>
              <text x={LEFT - 6} y={TOP + line * (CELL + GAP) + CELL / 2} dy="0.32em" textAnchor="end" fontSize="9.5" fill="var(--quiet)">{row}</text>
              {columns.map((column, place) => {
                const value = values[line]?.[place] ?? 0
                return (
                  <rect key={column} x={LEFT + place * (CELL + GAP)} y={TOP + line * (CELL + GAP)} width={CELL} height={CELL} rx={4} fill={value > 0 ? "var(--chart-1)" : "var(--panel)"} opacity={value > 0 ? FAINTEST + (1 - FAINTEST) * (value / most) : 1}>
                    <title>{`${row} ${column}: ${format(value)}`}</title>
                  </rect>
                )
              })}
            </g>
          ))}
        </svg>
      </div>
    </ChartFrame>
  )
}
