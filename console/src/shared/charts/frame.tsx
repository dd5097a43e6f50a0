import { type ReactNode, useEffect, useRef, useState } from "react"
import type { Scale } from "@/shared/charts/scale.ts"
import { words } from "@/shared/strings.ts"

export const MARGIN = { top: 8, right: 8, bottom: 22, left: 46 }
export const COLOURS = ["var(--chart-1)", "var(--chart-2)", "var(--chart-3)", "var(--chart-4)", "var(--chart-5)", "var(--chart-6)"]

export function colour(place: number): string {
  return COLOURS[place % COLOURS.length] ?? "var(--chart-1)"
}

/** The width there is, kept as the window changes. */
export function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => {
    if (!box.current) return
    const watch = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)))
    watch.observe(box.current)
    return () => watch.disconnect()
  }, [])
  return [box, width]
}

export type Figures = { heads: readonly string[]; rows: ReadonlyArray<readonly string[]> }

/** A chart with its key and, for whoever cannot see it, the same figures as a table. */
export function ChartFrame({ label, legend, figures, children }: { label: string; legend?: ReactNode; figures: Figures; children: ReactNode }) {
  return (
    <figure className="grid min-w-0 gap-2">
      {legend && <div className="flex flex-wrap gap-x-4 gap-y-1 text-sm text-quiet">{legend}</div>}
      {children}
      <FiguresTable label={label} figures={figures} />
    </figure>
  )
}

/** Made when it is opened: hundreds of cells that nobody sees would slow down every change of the page. */
function FiguresTable({ label, figures }: { label: string; figures: Figures }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details className="text-sm" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="inline-flex min-h-6 w-fit items-center text-quiet hover:text-text">{words.showTable}</summary>
      {isOpen && (
        <div className="mt-2 max-h-64 overflow-auto" tabIndex={0} role="region" aria-label={label}>
          <table className="w-full text-left">
            <caption className="sr-only">{label}</caption>
            <thead><tr>{figures.heads.map((head) => <th key={head} scope="col" className="py-1 pr-4 font-medium">{head}</th>)}</tr></thead>
            <tbody>{figures.rows.map((row, place) => <tr key={place}>{row.map((cell, column) => <td key={column} className="py-0.5 pr-4">{cell}</td>)}</tr>)}</tbody>
          </table>
        </div>
      )}
    </details>
  )
}

export function LegendItem({ colour: fill, children }: { colour: string; children: ReactNode }) {
  return <span className="inline-flex items-center gap-1.5"><svg width="10" height="10" aria-hidden><rect width="10" height="10" rx="2.5" fill={fill} /></svg>{children}</span>
}

export const TICKS = 4
const DIGIT_PX = 6.4

/** How wide the column of values is, so that none of them is cut. */
export function roomFor(labels: readonly string[]): number {
  return Math.max(MARGIN.left, Math.ceil(Math.max(0, ...labels.map((label) => label.length)) * DIGIT_PX) + 8)
}

/** Lines across and their values. */
export function ValueAxis({ scale, left, width, format }: { scale: Scale; left: number; width: number; format: (value: number) => string }) {
  return (
    <g>
      {scale.ticks(TICKS).map((tick) => (
        <g key={tick}>
          <line x1={left} x2={width - MARGIN.right} y1={scale(tick)} y2={scale(tick)} stroke="var(--line)" />
          <text x={left - 6} y={scale(tick)} dy="0.32em" textAnchor="end" fontSize="11" fill="var(--quiet)">{format(tick)}</text>
        </g>
      ))}
    </g>
  )
}
