import { ChartFrame, colour } from "@/shared/charts/frame.tsx"
import { number } from "@/shared/format/numbers.ts"

export type Bar = { name: string; value: number; hint?: string }

/** Ranked bars that lie down, so that names are read without turning the head. */
export function BarChart({ label, bars, format = (value) => number(value, true), onPick }: { label: string; bars: readonly Bar[]; format?: (value: number) => string; onPick?: (bar: Bar) => void }) {
  const most = Math.max(...bars.map((bar) => bar.value), 0) || 1
  const figures = { heads: ["", label], rows: bars.map((bar) => [bar.name, format(bar.value)]) }
  return (
    <ChartFrame label={label} figures={figures}>
      <ol className="grid gap-2.5">
        {bars.map((bar) => (
          <li key={bar.name} className="grid gap-1">
            <div className="flex items-baseline justify-between gap-3 text-sm">
              {onPick ? <button type="button" className="min-h-6 truncate text-left hover:underline max-md:min-h-11" onClick={() => onPick(bar)}>{bar.name}</button> : <span className="truncate">{bar.name}</span>}
              <span className="figures shrink-0 font-medium">{format(bar.value)} {bar.hint && <span className="font-normal text-quiet">{bar.hint}</span>}</span>
            </div>
            <svg className="h-1.5 w-full" aria-hidden><rect width="100%" height="100%" rx="3" fill="var(--panel)" /><rect width={`${Math.max(0.5, (bar.value / most) * 100)}%`} height="100%" rx="3" fill={colour(0)} /></svg>
          </li>
        ))}
      </ol>
    </ChartFrame>
  )
}
