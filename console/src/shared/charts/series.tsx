import { area, curveMonotoneX, line } from "d3-shape"
import { type PointerEvent, useState } from "react"
import { ChartFrame, colour, LegendItem, MARGIN, roomFor, TICKS, useWidth, ValueAxis } from "@/shared/charts/frame.tsx"
import { timeScale, valueScale } from "@/shared/charts/scale.ts"
import { dateForm } from "@/shared/format/forms.ts"
import { number } from "@/shared/format/numbers.ts"
import { currentPlace } from "@/shared/format/place.ts"
import { dateTime } from "@/shared/format/times.ts"

export type Point = { at: string; values: readonly (number | null)[]; low?: number; high?: number }

type Props = {
  label: string
  /** One name per value of a point. */
  names: readonly string[]
  points: readonly Point[]
  format?: (value: number) => string
  height?: number
  /** Fills below the first line, or between `low` and `high` where points have them. */
  fill?: boolean
}

/** Values over time: lines, with an area below the first or the interval of a forecast around it. */
export function SeriesChart({ label, names, points, format = (value) => number(value, true), height = 220, fill = true }: Props) {
  const [box, width] = useWidth()
  const [near, setNear] = useState<number | null>(null)
  const times = points.map((point) => new Date(point.at).getTime())
  const most = Math.max(0, ...points.flatMap((point) => [...point.values.map((value) => value ?? 0), point.high ?? 0]))
  const y = valueScale(most || 1, [height - MARGIN.bottom, MARGIN.top])
  const left = roomFor(y.ticks(TICKS).map(format))
  const x = timeScale(times[0] ?? 0, times.at(-1) ?? 1, [left, Math.max(left + 1, width - MARGIN.right)])
  const path = (place: number) =>
    line<Point>().defined((point) => point.values[place] != null).curve(curveMonotoneX).x((point) => x(timeOf(point))).y((point) => y(point.values[place] ?? 0))([...points]) ?? ""
  const hasInterval = points.some((point) => point.low !== undefined)
  const band = area<Point>().curve(curveMonotoneX).x((point) => x(timeOf(point)))
    .defined((point) => (hasInterval ? point.low !== undefined : point.values[0] != null))
    .y0((point) => y(hasInterval ? (point.low ?? 0) : 0)).y1((point) => y(hasInterval ? (point.high ?? 0) : (point.values[0] ?? 0)))([...points]) ?? ""
  const follow = (event: PointerEvent<SVGSVGElement>) => {
    const at = x.invert(event.clientX - event.currentTarget.getBoundingClientRect().left)
    setNear(times.length ? times.reduce((best, time, place) => (Math.abs(time - at) < Math.abs((times[best] ?? 0) - at) ? place : best), 0) : null)
  }
  const told = near === null ? null : points[near]
  const figures = { heads: ["", ...names], rows: points.map((point) => [dateTime(point.at), ...point.values.map((value) => (value === null ? "–" : format(value)))]) }
  const legend = names.map((name, place) => (
    <LegendItem key={name} colour={colour(place)}>{name}{told && <strong className="figures text-text">{told.values[place] == null ? "–" : format(told.values[place])}</strong>}</LegendItem>
  ))
  return (
    <ChartFrame label={label} figures={figures} legend={<>{legend}{told && <span className="ml-auto">{dateTime(told.at)}</span>}</>}>
      <div ref={box} className="min-w-0">
        {width > 0 && (
          <svg role="img" aria-label={label} width={width} height={height} onPointerMove={follow} onPointerLeave={() => setNear(null)} className="block touch-pan-y">
            <ValueAxis scale={y} left={left} width={width} format={format} />
            {x.ticks(Math.max(2, Math.floor(width / 110))).map((tick) => (
              <text key={tick} x={x(tick)} y={height - 6} textAnchor={x(tick) > width - 30 ? "end" : "middle"} fontSize="11" fill="var(--quiet)">{tickText(tick, (times.at(-1) ?? 0) - (times[0] ?? 0))}</text>
            ))}
            {(fill || hasInterval) && <path d={band} fill={colour(0)} opacity={0.14} />}
            {names.map((name, place) => <path key={name} d={path(place)} fill="none" stroke={colour(place)} strokeWidth={2} strokeLinejoin="round" />)}
            {told && <line x1={x(timeOf(told))} x2={x(timeOf(told))} y1={MARGIN.top} y2={height - MARGIN.bottom} stroke="var(--edge)" strokeDasharray="3 3" />}
            {told?.values.map((value, place) => value !== null && <circle key={place} cx={x(timeOf(told))} cy={y(value)} r={3.5} fill={colour(place)} stroke="var(--card)" strokeWidth={1.5} />)}
          </svg>
        )}
      </div>
    </ChartFrame>
  )
}

const DAY_MS = 86_400_000

function timeOf(point: Point): number {
  return new Date(point.at).getTime()
}

function tickText(at: number, spanMs: number): string {
  const { locale, zone } = currentPlace()
  const form: Intl.DateTimeFormatOptions = spanMs <= 2 * DAY_MS ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" }
  return dateForm(locale, { ...form, ...(zone ? { timeZone: zone } : {}) }).format(at)
}
